package io.conntrack.exporter;

import java.io.FileInputStream;
import java.io.IOException;
import org.tinylog.Logger;

/** Says in the log what keeps the numbers empty or late on this host, with the remedy. */
final class TrackingHints {
  private static final String EVENTS = "/proc/sys/net/netfilter/nf_conntrack_events";

  private TrackingHints() {}

  /**
   * To be called once, by a thread in the namespace that is read.
   *
   * @param kernelEntries how many flows of any protocol the first dump had
   */
  static void log(long kernelEntries) {
    if (kernelEntries == 0) {
      Logger.warn(
          "The kernel tracks no connection in this network namespace. If that stays so, no firewall"
              + " rule here uses connection state, and the kernel tracks nothing without one. This"
              + " one turns it on: nft 'table inet track { chain in { type filter hook input"
              + " priority 0; ct state new counter; }; }'");
    }
    if (eventsAreOff()) {
      Logger.warn(
          "The kernel sends no events, since net.netfilter.nf_conntrack_events=0: numbers change"
              + " only with each --resync-interval. 'sysctl -w net.netfilter.nf_conntrack_events=2'"
              + " turns events on");
    }
  }

  private static boolean eventsAreOff() {
    // In one read: the kernel gives nothing to a second one, which Files.readString makes.
    try (FileInputStream file = new FileInputStream(EVENTS)) {
      return file.read() == '0';
    } catch (IOException e) {
      return false; // without connection tracking there is no such setting
    }
  }
}
