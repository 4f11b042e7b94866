package io.conntrack.packaging;

import io.conntrack.testbed.Connection;
import io.conntrack.testbed.FlowMix;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.Traffic;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * Two hosts that nobody listens to yet; the program is to run on A. Scrapes come over loopback,
 * which is not tracked, so that they do not change what they are to show. One thread.
 */
final class ChaosHosts implements AutoCloseable {
  static final FlowMix FLOWS = new FlowMix(Hosts.A_IPV4, Hosts.A_IPV6);

  /** What real connections leave in the table stays: it is to be at rest when it is compared. */
  static final int REMEMBERED_S = 3600;

  final Hosts hosts = Hosts.create();
  final FlowWriter writer = FlowWriter.in(hosts.a());
  final Traffic ofA = Traffic.in(hosts.a());
  final Traffic ofB = Traffic.in(hosts.b());

  ChaosHosts() {
    hosts
        .a()
        .nft(
            """
            table inet loopback {
              chain in { type filter hook prerouting priority raw; iif lo notrack; }
              chain out { type filter hook output priority raw; oif lo notrack; }
            }
            """);
    setting("events", 2);
    for (String state : List.of("fin_wait", "close_wait", "last_ack", "time_wait", "close")) {
      setting("tcp_timeout_" + state, REMEMBERED_S);
    }
  }

  Namespace a() {
    return hosts.a();
  }

  void setting(String name, int value) {
    a().sysctl("net.netfilter.nf_conntrack_" + name, value);
  }

  /**
   * What is made here sends no events later, like all that is older than the program where nobody
   * else listens. (The kernel asks whether anybody does on the whole machine, in any namespace.)
   */
  void beforeAnyoneListens(Trial.Step step) throws Exception {
    setting("events", 0);
    step.run();
    setting("events", 2);
  }

  /** Real connections, half of them from A and half of them to A, over IPv4 and IPv6. */
  List<Connection> connect(int count) throws IOException {
    List<Connection> connections = new ArrayList<>();
    List<ServerSocket> ofPeer = List.of(ofB.listen(Hosts.B_IPV4, 0), ofB.listen(Hosts.B_IPV6, 0));
    List<ServerSocket> own = List.of(ofA.listen(Hosts.A_IPV4, 0), ofA.listen(Hosts.A_IPV6, 0));
    for (int i = 0; i < count; i++) {
      connections.add(
          i % 2 == 0 ? ofA.connect(ofPeer.get(i / 2 % 2)) : ofB.connect(own.get(i / 2 % 2)));
    }
    return connections;
  }

  @Override
  public void close() {
    try (hosts;
        writer;
        ofB;
        ofA) {
      // Only to be closed.
    }
  }
}
