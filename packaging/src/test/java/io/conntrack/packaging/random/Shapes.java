package io.conntrack.packaging.random;

import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.util.List;
import java.util.SplittableRandom;

/** Flows of every kind, and the states that may follow. */
final class Shapes {
  static final String OWN = "10.77.0.1";
  private static final String OWN_IPV6 = "fd77::1";
  private static final int ZONES = 3;
  private static final List<SyntheticFlow.ZoneDirection> DIRECTIONS =
      List.of(SyntheticFlow.ZoneDirection.values());

  /** From NONE on, which none of these flows is in. */
  private static final List<TcpState> STATES = List.of(TcpState.values());

  private static final int HOSTS = 16;

  /** No program listens on a port from here on: a flow from such a port would be inbound. */
  private static final int LAST_PORT = 60_000;

  private static final int[] SERVER_PORTS = {80, 443, 3306};

  private final SplittableRandom random;

  Shapes(SplittableRandom random) {
    this.random = random;
  }

  /** A flow from a port that no other flow of the place has had for long. */
  SyntheticFlow flow(Place place) {
    place.nextPort = place.nextPort == LAST_PORT ? 10_000 : place.nextPort + 1;
    SyntheticFlow flow = flow(protocol(), place.nextPort);
    if (random.nextInt(3) == 0) {
      flow =
          flow.zone(1 + random.nextInt(ZONES), DIRECTIONS.get(random.nextInt(DIRECTIONS.size())));
    }
    if (random.nextInt(4) == 0) {
      flow = flow.mark(random.nextInt(1, 100));
    }
    return first(flow);
  }

  private int protocol() {
    return List.of(Tuple.TCP, Tuple.TCP, Tuple.UDP, Tuple.ICMP).get(random.nextInt(4));
  }

  private SyntheticFlow flow(int protocol, int port) {
    int host = random.nextInt(HOSTS);
    int server = SERVER_PORTS[random.nextInt(SERVER_PORTS.length)];
    Tuple original =
        switch (random.nextInt(8)) {
          case 0, 1 -> tuple(protocol, OWN, port, "192.0.2." + host, server);
          case 2 -> tuple(protocol, OWN_IPV6, port, "2001:db8::" + host, server);
          case 3 -> tuple(protocol, "10.9." + host % 2 + "." + host, port, OWN, server);
          case 4 -> tuple(protocol, "2001:db8:9::" + host, port, OWN_IPV6, server);
          case 5 -> tuple(protocol, "10.50.0." + host % 4, port, "10.60.0." + host % 4, server);
          case 6 -> tuple(protocol, "10.9.0." + host, port, "198.51.100." + host, server);
          default -> tuple(protocol, "10.9.0." + host, port, "203.0.113." + host, server);
        };
    SyntheticFlow flow = SyntheticFlow.of(original);
    return original.isIpv4() && random.nextInt(3) == 0 ? translated(flow, port) : flow;
  }

  private static Tuple tuple(int protocol, String from, int port, String to, int server) {
    return switch (protocol) {
      case Tuple.TCP -> Tuple.tcp(from, port, to, server);
      case Tuple.UDP -> Tuple.udp(from, port, to, server);
      default -> Tuple.echo(from, to, port);
    };
  }

  /** By NAT of either kind, to a server or to this host. */
  private SyntheticFlow translated(SyntheticFlow flow, int port) {
    Tuple original = flow.original();
    String from = original.source().getHostAddress();
    String to = original.destination().getHostAddress();
    String server = List.of(to, "10.70.0." + random.nextInt(4), OWN).get(random.nextInt(3));
    String client = random.nextInt(3) == 0 ? "203.0.113.99" : from;
    if (server.equals(client)) {
      return flow;
    }
    int serverPort = original.destinationPort() + (server.equals(to) ? 0 : 8000);
    return flow.reply(tuple(original.protocol(), client, port, server, serverPort).reversed());
  }

  private SyntheticFlow first(SyntheticFlow flow) {
    if (flow.original().protocol() != Tuple.TCP) {
      return flow.status(random.nextInt(3) == 0 ? 0 : SyntheticFlow.SEEN_REPLY);
    }
    TcpState state =
        random.nextInt(3) == 0
            ? STATES.get(1 + random.nextInt(STATES.size() - 1))
            : TcpState.ESTABLISHED;
    return in(state, flow);
  }

  private static SyntheticFlow in(TcpState state, SyntheticFlow flow) {
    boolean asked = state == TcpState.SYN_SENT || state == TcpState.SYN_SENT2;
    int status = asked ? 0 : SyntheticFlow.SEEN_REPLY | SyntheticFlow.ASSURED;
    return flow.state(state).status(status);
  }

  /** The flow in a state that may follow its own, or in the same. */
  SyntheticFlow next(SyntheticFlow flow) {
    if (flow.original().protocol() != Tuple.TCP) {
      return flow.status(SyntheticFlow.SEEN_REPLY | SyntheticFlow.ASSURED);
    }
    List<TcpState> next =
        switch (flow.state().orElseThrow()) {
          case NONE, SYN_SENT, SYN_SENT2 ->
              List.of(TcpState.SYN_RECV, TcpState.ESTABLISHED, TcpState.CLOSE);
          case SYN_RECV -> List.of(TcpState.ESTABLISHED, TcpState.CLOSE);
          case ESTABLISHED ->
              List.of(TcpState.ESTABLISHED, TcpState.FIN_WAIT, TcpState.CLOSE_WAIT, TcpState.CLOSE);
          case FIN_WAIT, CLOSE_WAIT ->
              List.of(TcpState.LAST_ACK, TcpState.TIME_WAIT, TcpState.CLOSE);
          case LAST_ACK -> List.of(TcpState.TIME_WAIT, TcpState.CLOSE);
          case TIME_WAIT -> List.of(TcpState.TIME_WAIT);
          case CLOSE -> List.of(TcpState.CLOSE);
        };
    int seen = flow.status();
    SyntheticFlow changed = in(next.get(random.nextInt(next.size())), flow);
    return changed.status(changed.status() | seen);
  }

  /**
   * As a connection that begins anew with the same tuples. If the one before never opened, this
   * does not either: a dump that is ahead of the events takes it for the one before.
   */
  SyntheticFlow again(Life life) {
    SyntheticFlow flow = life.flow;
    if (flow.original().protocol() != Tuple.TCP) {
      return flow.status(0);
    }
    boolean open = life.opened && random.nextBoolean();
    return in(open ? TcpState.ESTABLISHED : TcpState.SYN_SENT, flow);
  }
}
