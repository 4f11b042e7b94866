package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.TcpState;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The program falls behind: bursts, overload, pauses. */
final class LossSteps {
  private static final int SCRAPES = 1_000;
  private static final int FLOWS_PER_SECOND = 2_000;
  private static final int CONNECTIONS_PER_SECOND = 500;

  /** More than any machine gives. */
  private static final int UNBOUNDED = 1_000_000;

  private final ChaosHosts hosts;
  private final Scale scale;
  private final Trial trial;

  private LossSteps(ChaosHosts hosts, Scale scale, Trial trial) {
    this.hosts = hosts;
    this.scale = scale;
    this.trial = trial;
  }

  static void run(ChaosReport report, Scale scale) throws Exception {
    try (ChaosHosts hosts = new ChaosHosts();
        Trial trial =
            Trial.start(
                hosts,
                report,
                "--netlink-buffer=64KiB",
                "--resync-interval=" + scale.resyncInterval())) {
      LossSteps steps = new LossSteps(hosts, scale, trial);
      steps.burst();
      steps.overload();
      steps.pause();
      steps.collections();
      steps.scrapesAtOnce();
    }
  }

  private void burst() throws Exception {
    int flows = scale.flows();
    ChaosReport.Row row =
        trial.step(
            "a burst overflows the buffer",
            () -> {
              hosts.writer.create(ChaosHosts.FLOWS.mixed(flows));
              hosts.writer.update(
                  ChaosHosts.FLOWS.outbound(flows / 4).map(flow -> flow.state(TcpState.FIN_WAIT)));
              hosts.writer.delete(ChaosHosts.FLOWS.outbound(flows / 8));
            });
    assertThat(row.overruns()).isPositive();
    assertThat(row.events() + row.lost()).isEqualTo(flows + flows / 4 + flows / 8);
  }

  private void overload() throws Exception {
    ChaosReport.Row row =
        trial.step(
            "losses go on through the first resyncs",
            () -> {
              try (Load load = Load.start(hosts.hosts, UNBOUNDED, CONNECTIONS_PER_SECOND)) {
                load.goOn(scale.load());
              }
            });
    assertThat(row.overruns()).isPositive();
  }

  private void pause() throws Exception {
    trial.step(
        "SIGSTOP for " + scale.pause().toSeconds() + " s under load, SIGCONT",
        () -> {
          try (Load load = Load.start(hosts.hosts, FLOWS_PER_SECOND, CONNECTIONS_PER_SECOND)) {
            trial.program().signal("STOP");
            try {
              load.goOn(scale.pause());
            } finally {
              trial.program().signal("CONT");
            }
          }
        });
  }

  private void collections() throws Exception {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    String collect = jcmd + " " + trial.program().pid() + " GC.run";
    trial.step(
        scale.collections() + " collections of the heap under load",
        () -> {
          Load load = Load.start(hosts.hosts, FLOWS_PER_SECOND, CONNECTIONS_PER_SECOND);
          try (load) {
            for (int i = 0; i < scale.collections(); i++) {
              hosts.a().sh(collect);
            }
          }
        });
  }

  /** Beyond its bound on connections the server closes new ones. */
  private void scrapesAtOnce() throws Exception {
    AtomicInteger whole = new AtomicInteger();
    AtomicInteger unavailable = new AtomicInteger();
    AtomicInteger cut = new AtomicInteger();
    int port = trial.program().port();
    trial.step(
        SCRAPES + " scrapes at once",
        () -> {
          List<Thread> clients = new ArrayList<>();
          for (int i = 0; i < SCRAPES; i++) {
            clients.add(
                hosts.a().start("scrape " + i, () -> scrape(port, whole, unavailable, cut)));
          }
          for (Thread client : clients) {
            client.join();
          }
        });
    assertThat(whole.get()).isPositive();
    assertThat(whole.get() + unavailable.get() + cut.get()).isEqualTo(SCRAPES);
  }

  private static void scrape(
      int port, AtomicInteger whole, AtomicInteger unavailable, AtomicInteger cut) {
    try (Socket socket = HttpAnswer.connect("127.0.0.1", port)) {
      HttpAnswer answer = HttpAnswer.get(socket, "/metrics");
      if (answer.status() == 200) {
        ScrapeCheck.check(answer.text());
        whole.incrementAndGet();
      } else {
        assertThat(answer.status()).isEqualTo(503);
        unavailable.incrementAndGet();
      }
    } catch (IOException e) {
      cut.incrementAndGet();
    }
  }
}
