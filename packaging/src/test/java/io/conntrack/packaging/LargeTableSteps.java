package io.conntrack.packaging;

import java.time.Duration;

/** As many flows as the kernel takes, 1,000,000 at most. */
final class LargeTableSteps {
  private static final int MOST = 1_000_000;
  private static final int ROOM = 50_000;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private LargeTableSteps() {}

  static void run(ChaosReport report, Scale scale) throws Exception {
    try (ChaosHosts hosts = new ChaosHosts()) {
      int max = Integer.parseInt(hosts.a().sysctl("net.netfilter.nf_conntrack_max"));
      int flows = Math.min(MOST, max - ROOM) / 8 * 8;
      hosts.writer.create(ChaosHosts.FLOWS.mixed(flows));
      try (Trial trial = Trial.start(hosts, report, "--netlink-buffer=1MiB").within(LIMIT)) {
        trial.step("a start amid %,d flows".formatted(flows), () -> {});
        trial.step(
            "a burst overflows the buffer",
            () -> {
              hosts.writer.delete(ChaosHosts.FLOWS.outbound(scale.flows()));
              hosts.writer.create(ChaosHosts.FLOWS.outbound(scale.flows() / 2));
            });
        trial.step("conntrack -F flushes the table", () -> hosts.a().sh("conntrack -F"));
      }
    }
  }
}
