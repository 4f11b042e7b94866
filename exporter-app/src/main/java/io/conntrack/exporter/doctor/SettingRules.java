package io.conntrack.exporter.doctor;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What the kernel's settings mean for the exporter. Takes the texts of the settings, as the kernel
 * gives them.
 */
final class SettingRules {
  private static final int WARNING_PERCENT = 80;
  private static final int FAILED_PERCENT = 95;

  /**
   * RFC 5382, REQ-5. With a shorter timeout TCP's keepalives come too late for an idle connection.
   */
  private static final long SHORTEST_IDLE_S = Duration.ofHours(2).plusMinutes(4).toSeconds();

  private SettingRules() {}

  /** Of {@code nf_conntrack_events}. */
  static Finding events(String text, boolean wanted) {
    OptionalLong events = number(text);
    if (!wanted) {
      return Finding.ok("the exporter does not listen to them, as --no-events says");
    }
    if (events.isEmpty()) {
      return untold("nf_conntrack_events");
    }
    return events.getAsLong() == 0
        ? Finding.warning(
            "the kernel sends none (nf_conntrack_events=0). The exporter reads the"
                + " kernel's table more often instead. It misses short connections, and"
                + " --log-events logs nothing",
            "This turns them on:\nsysctl -w net.netfilter.nf_conntrack_events=2")
        : Finding.ok("the kernel sends them (nf_conntrack_events=" + events.getAsLong() + ")");
  }

  /** Of {@code nf_conntrack_acct}, which the kernel has off by default. */
  static Finding accounting(String text, boolean wanted) {
    if (wanted && text.strip().equals("0")) {
      return Finding.warning(
          "the kernel counts no bytes and packets (nf_conntrack_acct=0). --accounting needs them",
          "This turns counting on, for connections that begin afterwards:\nsysctl -w"
              + " net.netfilter.nf_conntrack_acct=1");
    }
    return optional(text, "nf_conntrack_acct", "the kernel counts bytes and packets of flows");
  }

  /** Of {@code nf_conntrack_timestamp}, which the kernel has off by default. */
  static Finding timestamps(String text, boolean wanted) {
    if (wanted && text.strip().equals("0")) {
      return Finding.warning(
          "the kernel does not stamp events (nf_conntrack_timestamp=0). --histograms takes"
              + " the time at which the exporter reads an event, some milliseconds later",
          "This turns stamps on, in Linux 6.14 and later, for connections that begin"
              + " afterwards:\nsysctl -w net.netfilter.nf_conntrack_timestamp=1");
    }
    return optional(text, "nf_conntrack_timestamp", "the kernel tells when flows began");
  }

  private static Finding optional(String text, String setting, String meaning) {
    OptionalLong value = number(text);
    if (value.isEmpty()) {
      return untold(setting);
    }
    return value.getAsLong() == 0
        ? Finding.ok("off; sysctl -w net.netfilter." + setting + "=1 turns it on")
        : Finding.ok("on: " + meaning + " (" + setting + "=" + value.getAsLong() + ")");
  }

  /** Of {@code nf_conntrack_count} and {@code nf_conntrack_max}, which is 0 for no limit. */
  static Finding table(String countText, String limitText) {
    OptionalLong count = number(countText);
    OptionalLong limit = number(limitText);
    if (count.isEmpty() || limit.isEmpty()) {
      return untold(count.isEmpty() ? "nf_conntrack_count" : "nf_conntrack_max");
    }
    return limit.getAsLong() == 0
        ? Finding.ok(count.getAsLong() + " entries, without a limit (nf_conntrack_max=0)")
        : table(count.getAsLong(), limit.getAsLong());
  }

  private static Finding table(long entries, long limit) {
    long percent = 100 * entries / limit;
    String found =
        "%d of %d entries are used, %d %% (nf_conntrack_max)".formatted(entries, limit, percent);
    String remedy =
        "When the table is full the kernel drops new connections. 'conntrack -S' shows"
            + " whether it did (drop, early_drop). An entry takes some 300 bytes of the kernel's"
            + " memory. This makes room, on the host:\nsysctl -w net.netfilter.nf_conntrack_max="
            + 2 * limit;
    if (percent < WARNING_PERCENT) {
      return Finding.ok(found);
    }
    return percent < FAILED_PERCENT
        ? Finding.warning(found, remedy)
        : Finding.failed(found, remedy);
  }

  /** Of {@code nf_conntrack_tcp_timeout_established} and {@code _close}. */
  static Finding timeouts(String establishedText, String closeText) {
    OptionalLong established = number(establishedText);
    OptionalLong close = number(closeText);
    if (established.isEmpty() || close.isEmpty()) {
      return untold(
          "nf_conntrack_tcp_timeout_" + (established.isEmpty() ? "established" : "close"));
    }
    String idle = time(established.getAsLong());
    return established.getAsLong() < SHORTEST_IDLE_S
        ? Finding.warning(
            "the kernel forgets a connection that is idle for %s, which may still be open"
                    .formatted(idle)
                + " (nf_conntrack_tcp_timeout_established). The gauges then lack it",
            "TCP's keepalives come every two hours. A longer timeout keeps such"
                + " connections:\nsysctl -w net.netfilter.nf_conntrack_tcp_timeout_established="
                + SHORTEST_IDLE_S)
        : Finding.ok(
            ("a connection whose other end is gone counts as open for %s"
                    + " (nf_conntrack_tcp_timeout_established), a reset one as closed for %s"
                    + " (..._close)")
                .formatted(idle, time(close.getAsLong())));
  }

  /** In the largest unit that leaves a whole number. */
  private static String time(long seconds) {
    if (seconds == 0) {
      return "0 s";
    }
    if (seconds % 86_400 == 0) {
      return seconds == 86_400 ? "1 day" : seconds / 86_400 + " days";
    }
    if (seconds % 3600 == 0) {
      return seconds / 3600 + " h";
    }
    return seconds % 60 == 0 ? seconds / 60 + " min" : seconds + " s";
  }

  private static Finding untold(String setting) {
    return Finding.unknown(
        "the kernel does not tell net.netfilter." + setting,
        "Load connection tracking with 'modprobe nf_conntrack'. If that does not help,"
            + " this kernel was built without the setting");
  }

  private static OptionalLong number(String text) {
    String digits = text.strip();
    return digits.matches("\\d{1,18}")
        ? OptionalLong.of(Long.parseLong(digits))
        : OptionalLong.empty();
  }
}
