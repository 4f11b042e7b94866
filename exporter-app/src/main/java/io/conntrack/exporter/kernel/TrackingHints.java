package io.conntrack.exporter.kernel;

import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.terms.KernelSetting;
import java.io.IOException;
import org.tinylog.Logger;

/**
 * Logs what keeps the numbers empty or late on this host, with the remedy. Also logs when the
 * kernel begins to track. Belongs to the reading thread.
 */
public final class TrackingHints {
  /** A rule that makes the kernel track connections, and does nothing else. */
  public static final String RULE =
      "nft 'table inet track { chain in { type filter hook input priority 0; ct state new; }; }'";

  private final boolean accounting;
  private final boolean histograms;
  private final boolean once;
  private boolean logged;
  private boolean tracksNothing;

  public TrackingHints(Configuration configuration) {
    this.accounting = configuration.endpoints().traffic();
    this.histograms = configuration.endpoints().times();
    this.once = configuration.once();
  }

  /**
   * To be called after each resync, on a thread in the namespace that is read. The first call takes
   * a few milliseconds if there are many rules and no flows.
   *
   * @param kernelEntries how many flows of any protocol the dump had
   * @param missesEvents whether the kernel sends none of the events that are listened to
   */
  public void afterResync(long kernelEntries, boolean missesEvents) {
    if (!logged) {
      logged = true;
      logTracking(kernelEntries);
      logSettings(missesEvents);
    } else if (tracksNothing && kernelEntries > 0) {
      tracksNothing = false;
      Logger.info("The kernel tracks connections in this network namespace now");
    }
  }

  private void logTracking(long kernelEntries) {
    String elsewhere = HostNetwork.hint(System.getenv());
    tracksNothing = kernelEntries == 0 && stateRules() == 0;
    if (tracksNothing) {
      Logger.warn("{}", noTracking(elsewhere));
    } else if (!elsewhere.isEmpty() && !once) {
      Logger.info("{}", elsewhere);
    }
  }

  /**
   * Why the kernel's table is empty. Any thread of the namespace that is read may ask. Takes some
   * milliseconds if there are many rules.
   */
  public static String whyEmpty() {
    return stateRules() == 0
        ? noTracking(HostNetwork.hint(System.getenv()))
        : "The kernel's table is empty. Firewall rules turn tracking on here, so a new connection"
            + " will show.";
  }

  private static String noTracking(String elsewhere) {
    return "The kernel tracks no connection in this network namespace. "
        + (elsewhere.isEmpty() ? "" : elsewhere + ". ")
        + "The kernel tracks connections only if a firewall rule uses connection state. No nftables"
        + " rule here does; rules of iptables-legacy cannot be seen. This rule turns tracking on: "
        + RULE;
  }

  /** 0 if nobody can tell. A hint too many is better than one too few. */
  private static long stateRules() {
    try {
      return StateRules.count();
    } catch (IOException e) {
      Logger.debug("The nftables rules cannot be counted: {}", e.getMessage());
      return 0;
    }
  }

  private void logSettings(boolean missesEvents) {
    if (missesEvents) {
      Logger.warn(
          "The kernel sends no events (net.netfilter.nf_conntrack_events=0). The exporter"
              + " reads the kernel's table more often instead. 'sysctl -w"
              + " net.netfilter.nf_conntrack_events=2' turns events on");
    }
    if (accounting && KernelSetting.isOff("nf_conntrack_acct")) {
      Logger.warn(
          "The kernel counts no bytes and packets (net.netfilter.nf_conntrack_acct=0)."
              + " --accounting needs them. 'sysctl -w net.netfilter.nf_conntrack_acct=1' turns"
              + " counting on, for connections that begin afterwards");
    }
    if (histograms && KernelSetting.isOff("nf_conntrack_timestamp")) {
      Logger.info(
          "The kernel does not stamp events (net.netfilter.nf_conntrack_timestamp=0)."
              + " --histograms takes the time at which the exporter reads an event, some"
              + " milliseconds later. With 1, Linux 6.14 and later stamp events to the"
              + " microsecond");
    }
  }
}
