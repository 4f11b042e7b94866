package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.TcpState;
import java.io.File;
import java.lang.ProcessBuilder.Redirect;

/** What is behind the event log fails. */
final class LogSteps {
  /** More than the ring of the event log holds. */
  private static final int FLOWS = 40_000;

  private LogSteps() {}

  static void run(ChaosReport report) throws Exception {
    noReader(report);
    fullDisk(report);
  }

  private static void noReader(ChaosReport report) throws Exception {
    try (ChaosHosts hosts = new ChaosHosts();
        Trial trial = Trial.start(hosts, report, logTo(hosts, Redirect.PIPE), "-e")) {
      trial.step(
          "nobody reads the event log, its pipe is full",
          () -> hosts.writer.create(ChaosHosts.FLOWS.mixed(FLOWS)));
      assertThat(dropped(trial)).isPositive();
      trial.step(
          "its reader goes away (EPIPE)",
          () -> {
            trial.program().pipe().close();
            hosts.writer.update(
                ChaosHosts.FLOWS.outbound(FLOWS / 4).map(flow -> flow.state(TcpState.CLOSE)));
          });
      assertThat(trial.program().log("ERROR")).hasSize(1);
    }
  }

  private static void fullDisk(ChaosReport report) throws Exception {
    Redirect full = Redirect.to(new File("/dev/full"));
    try (ChaosHosts hosts = new ChaosHosts();
        Trial trial = Trial.start(hosts, report, logTo(hosts, full), "-e", "-f", "json")) {
      ChaosReport.Row row =
          trial.step(
              "the disk behind the event log is full",
              () -> hosts.writer.create(ChaosHosts.FLOWS.mixed(FLOWS)));
      assertThat(row.events()).isEqualTo(FLOWS);
      // The log's own thread finds out, event by event.
      Await.untilEqual("events dropped", (long) FLOWS, () -> dropped(trial));
      assertThat(trial.program().log("ERROR")).hasSize(1);
    }
  }

  private static Launch logTo(ChaosHosts hosts, Redirect output) {
    return Launch.in(hosts.a()).outputTo(output);
  }

  private static long dropped(Trial trial) {
    return Trial.counted("log_dropped", trial.program().awaitScrape());
  }
}
