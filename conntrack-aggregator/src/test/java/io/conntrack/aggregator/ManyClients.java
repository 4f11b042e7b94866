package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.LocalAddresses;
import java.util.Random;

/**
 * A host that a million different clients connect to within an hour, one connection each, told to a
 * tracker as the kernel would. Beside them there are heavy clients, which come at different times
 * and stay, and servers that this host calls.
 *
 * <p>What is where follows from the time: of the light clients those with the numbers from {@link
 * #gone} to {@link #come} have a connection, and up to {@link #closing} it is in TIME_WAIT.
 */
final class ManyClients {
  static final int LIGHT = 1_000_000;
  static final int HOUR_S = 3_600;
  static final int HEAVY = 300;
  static final int HEAVY_CONNECTIONS = 20;
  static final int SERVERS = 400;
  static final int SERVER_CONNECTIONS = 3;

  /** A heavy client comes in each of these seconds. */
  private static final int SECONDS_PER_HEAVY = 8;

  private static final int OPEN_S = 5;
  private static final int TIME_WAIT_S = 120;

  private static final long HERE = 0xffff_0a000001L;
  private static final long FIRST_LIGHT = 0xffff_20000000L;
  private static final long FIRST_HEAVY = 0xffff_50000000L;
  private static final long FIRST_SERVER = 0xffff_60000000L;

  private final FlowTracker tracker;
  private final Flow flow = new Flow();
  private int come;
  private int closing;
  private int gone;
  private int heavies;

  ManyClients(FlowTracker tracker) {
    this.tracker = tracker;
    flow.family = 2;
    flow.protocol = 6;
    tracker.localAddresses(LocalAddresses.of(0, HERE));
  }

  int heavies() {
    return heavies;
  }

  /** In which of the heavies' minutes each comes. */
  static int minuteOfHeavy(int heavy) {
    return heavy * SECONDS_PER_HEAVY / 60;
  }

  static String heavyHost(int heavy) {
    return EndpointLabel.of(0, FIRST_HEAVY + heavy, EndpointLabel.NO_PORT);
  }

  static String serverHost(int server) {
    return EndpointLabel.of(0, FIRST_SERVER + server, 443);
  }

  /** What happens in a second; in the first, what was there before begins too. */
  void second(int second) {
    if (second == 0) {
      for (int i = 0; i < SERVERS * SERVER_CONNECTIONS; i++) {
        tracker.onNew(server(i));
      }
    }
    if (second % SECONDS_PER_HEAVY == 0 && heavies < HEAVY) {
      heavies++;
      for (int i = 0; i < HEAVY_CONNECTIONS; i++) {
        tracker.onNew(heavy((heavies - 1) * HEAVY_CONNECTIONS + i));
      }
    }
    for (int end = until(second + 1); come < end; come++) {
      tracker.onNew(light(come, Flows.SYN_SENT));
      tracker.onUpdate(light(come, Flows.ESTABLISHED));
    }
    for (int end = until(second + 1 - OPEN_S); closing < end; closing++) {
      tracker.onUpdate(light(closing, Flows.TIME_WAIT));
    }
    for (int end = until(second + 1 - OPEN_S - TIME_WAIT_S); gone < end; gone++) {
      tracker.onDestroy(light(gone, Flows.TIME_WAIT));
    }
  }

  private static int until(int second) {
    return (int) ((long) LIGHT * Math.clamp(second, 0, HOUR_S) / HOUR_S);
  }

  /** A whole dump, whose entries come in the order of a hash table. */
  void dump(Random random) {
    int lights = come - gone;
    int step = 2 * random.nextInt(lights / 2) + 1;
    int start = random.nextInt(lights);
    while (gcd(step, lights) != 1) {
      step++;
    }
    for (int i = 0; i < lights; i++) {
      int number = gone + (int) ((start + (long) i * step) % lights);
      tracker.onDumpEntry(light(number, number < closing ? Flows.TIME_WAIT : Flows.ESTABLISHED));
      if (i % (lights / HEAVY_CONNECTIONS) == 0) {
        dumpHeavies(i / (lights / HEAVY_CONNECTIONS));
      }
    }
    for (int i = 0; i < SERVERS * SERVER_CONNECTIONS; i++) {
      tracker.onDumpEntry(server(i));
    }
  }

  private void dumpHeavies(int connection) {
    for (int i = 0; i < heavies && connection < HEAVY_CONNECTIONS; i++) {
      tracker.onDumpEntry(heavy(i * HEAVY_CONNECTIONS + connection));
    }
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  int open() {
    return come - closing + heavies * HEAVY_CONNECTIONS + SERVERS * SERVER_CONNECTIONS;
  }

  int timeWait() {
    return closing - gone;
  }

  /** The connections of the endpoint with this label, as {@code Snapshots} writes them. */
  String connectionsOf(String host) {
    if (host.contains(":")) {
      return "0 " + SERVER_CONNECTIONS + " 0 0";
    }
    long address = Flows.low(host);
    if (address >= FIRST_HEAVY) {
      return "0 " + HEAVY_CONNECTIONS + " 0 0";
    }
    long light = address - FIRST_LIGHT;
    boolean there = light >= gone && light < come;
    return there ? (light < closing ? "0 0 1 0" : "0 1 0 0") : "0 0 0 0";
  }

  private Flow light(int number, int state) {
    return fill(FIRST_LIGHT + number, 40_000, HERE, 443, state);
  }

  private Flow heavy(int number) {
    int port = 1_000 + number % HEAVY_CONNECTIONS;
    return fill(FIRST_HEAVY + number / HEAVY_CONNECTIONS, port, HERE, 443, Flows.ESTABLISHED);
  }

  private Flow server(int number) {
    int port = 1_000 + number % SERVER_CONNECTIONS;
    return fill(HERE, port, FIRST_SERVER + number / SERVER_CONNECTIONS, 443, Flows.ESTABLISHED);
  }

  private Flow fill(long from, int fromPort, long to, int toPort, int state) {
    flow.originalSourceLow = from;
    flow.originalSourcePort = fromPort;
    flow.originalDestinationLow = to;
    flow.originalDestinationPort = toPort;
    flow.replySourceLow = to;
    flow.replySourcePort = toPort;
    flow.replyDestinationLow = from;
    flow.replyDestinationPort = fromPort;
    flow.tcpState = state;
    return flow;
  }
}
