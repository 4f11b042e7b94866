package io.conntrack.packaging;

import io.conntrack.testbed.Connection;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.List;

/** The host around the program changes: rules, addresses, interfaces. */
final class HostSteps {
  private static final int CONNECTIONS = 20;

  /** Forwarded, and translated; outbound or inbound once one of its addresses is local. */
  private static final SyntheticFlow FORWARDED =
      SyntheticFlow.of(Tuple.tcp("10.50.0.1", 40000, "10.60.0.1", 80))
          .reply(Tuple.tcp("10.70.0.1", 8080, "10.50.0.1", 40000));

  private final ChaosHosts hosts;
  private final Trial trial;

  private HostSteps(ChaosHosts hosts, Trial trial) {
    this.hosts = hosts;
    this.trial = trial;
  }

  static void run(ChaosReport report, Scale scale) throws Exception {
    try (ChaosHosts hosts = new ChaosHosts()) {
      hosts.writer.create(ChaosHosts.FLOWS.mixed(scale.flows()));
      hosts.writer.create(FORWARDED);
      try (Trial trial =
          Trial.start(hosts, report, "--resync-interval=" + scale.resyncInterval())) {
        HostSteps steps = new HostSteps(hosts, trial);
        steps.rulesGoAndCome();
        steps.addressesComeAndGo();
        steps.interfacesComeAndGo();
      }
    }
  }

  private void rulesGoAndCome() throws Exception {
    List<Connection> connections = hosts.connect(CONNECTIONS);
    trial.step(
        "tracking rules go, connections close untracked",
        () -> {
          hosts.a().sh("nft delete table inet track");
          for (Connection connection : connections) {
            connection.close();
          }
        });
    trial.step(
        "tracking rules come, connections too",
        () -> {
          hosts.a().trackConnections();
          hosts.connect(CONNECTIONS);
        });
  }

  private void addressesComeAndGo() throws Exception {
    shell("an address comes: a forwarded flow is outbound", "ip addr add 10.50.0.1/32 dev lo");
    shell(
        "it goes, another comes: the flow is inbound",
        "ip addr del 10.50.0.1/32 dev lo; ip addr add 10.60.0.1/32 dev lo");
    shell("no address is left of it", "ip addr del 10.60.0.1/32 dev lo");
  }

  private void interfacesComeAndGo() throws Exception {
    shell(
        "an interface comes with addresses",
        """
        ip link add chaos0 type veth peer name chaos1
        ip addr add 10.60.0.1/24 dev chaos0
        ip addr add 2001:db8::1/64 dev chaos0 nodad
        ip link set chaos0 up
        """);
    shell("it goes", "ip link del chaos0");
  }

  private void shell(String name, String script) throws Exception {
    trial.step(name, () -> hosts.a().sh(script));
  }
}
