package io.conntrack.exporter.kernel;

import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.terms.KernelSetting;
import org.tinylog.Logger;

/** Says in the log what keeps the numbers empty or late on this host, with the remedy. */
public final class TrackingHints {
  /** A rule that has the kernel track connections, and does nothing else. */
  public static final String RULE =
      "nft 'table inet track { chain in { type filter hook input priority 0; ct state new; }; }'";

  private final boolean accounting;
  private final boolean histograms;

  public TrackingHints(Configuration configuration) {
    this.accounting = configuration.endpoints().traffic();
    this.histograms = configuration.endpoints().times();
  }

  /**
   * To be called once, in the namespace that is read.
   *
   * @param kernelEntries how many flows of any protocol the first dump had
   * @param missesEvents whether the kernel sends none of the events that are listened to
   */
  public void log(long kernelEntries, boolean missesEvents) {
    if (kernelEntries == 0) {
      Logger.warn(
          "The kernel tracks no connection in this network namespace. If that stays so, no firewall"
              + " rule here uses connection state, and the kernel tracks nothing without one. This"
              + " one turns it on: "
              + RULE);
    }
    if (missesEvents) {
      Logger.warn(
          "The kernel sends no events, since net.netfilter.nf_conntrack_events=0: the"
              + " numbers are compared with its table more often instead. 'sysctl -w"
              + " net.netfilter.nf_conntrack_events=2' turns events on");
    }
    if (accounting && KernelSetting.isOff("nf_conntrack_acct")) {
      Logger.warn(
          "The kernel counts no bytes and packets, which --accounting would show, since"
              + " net.netfilter.nf_conntrack_acct=0. 'sysctl -w net.netfilter.nf_conntrack_acct=1'"
              + " has it count those of connections that begin from then on");
    }
    if (histograms && KernelSetting.isOff("nf_conntrack_timestamp")) {
      Logger.info(
          "Times of connections are taken when their events are read, some milliseconds late, since"
              + " net.netfilter.nf_conntrack_timestamp=0. Where it is 1, Linux 6.14 and later tell"
              + " them to the microsecond");
    }
  }
}
