package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.SyntheticFlow.ZoneDirection;
import io.conntrack.testbed.Tuple;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What goes wrong with flows of TCP goes wrong with those of UDP and ICMP. Counters are exact. */
final class ProtocolSteps {
  private static final Pattern COUNTER =
      Pattern.compile(
          "conntrack_connections_(opened|failed|ended)_total\\{.*?(?:,reason=\"(.*)\")?}");
  private static final int ANSWERED = SyntheticFlow.SEEN_REPLY | SyntheticFlow.ASSURED;
  private static final int REUSES = 5;
  private static final int ZONES = 3;
  private static final int EXPIRING_S = 1;
  private static final int KINDS = 4;

  private final ChaosHosts hosts;
  private final String protocol;
  private final int flows;
  private final Trial trial;

  private ProtocolSteps(ChaosHosts hosts, String protocol, int flows, Trial trial) {
    this.hosts = hosts;
    this.protocol = protocol;
    this.flows = flows;
    this.trial = trial;
  }

  static void run(ChaosReport report, Scale scale) throws Exception {
    for (String protocol : new String[] {"udp", "icmp"}) {
      withoutLoss(report, scale, protocol);
      withLoss(report, scale, protocol);
    }
  }

  private static Set<Integer> numbers(String protocol) {
    return protocol.equals("udp") ? Set.of(Tuple.UDP) : Set.of(Tuple.ICMP, Tuple.ICMPV6);
  }

  private static void withoutLoss(ChaosReport report, Scale scale, String protocol)
      throws Exception {
    int flows = scale.flows() / 8;
    try (ChaosHosts hosts = new ChaosHosts()) {
      hosts.beforeAnyoneListens(() -> hosts.writer.create(flows(protocol, 0, flows)));
      try (Trial trial =
          Trial.start(hosts, report, "--protocols=" + protocol, "--resync-interval=1s")) {
        trial.counting(numbers(protocol));
        ProtocolSteps steps = new ProtocolSteps(hosts, protocol, flows, trial);
        steps.oldFlowsGo();
        steps.answered();
        steps.tuplesAreUsedAgain();
        steps.zones();
        steps.translated();
        steps.expire();
        steps.flushed();
      }
    }
  }

  private static void withLoss(ChaosReport report, Scale scale, String protocol) throws Exception {
    int flows = scale.flows();
    try (ChaosHosts hosts = new ChaosHosts();
        Trial trial =
            Trial.start(
                hosts,
                report,
                "--protocols=" + protocol,
                "--netlink-buffer=64KiB",
                "--resync-interval=1s")) {
      trial.counting(numbers(protocol));
      ProtocolSteps steps = new ProtocolSteps(hosts, protocol, flows, trial);
      steps.overrun();
      steps.pause();
    }
  }

  /** By their indexes: outbound over IPv4 and IPv6, inbound, forwarded. */
  private static Stream<SyntheticFlow> flows(String protocol, int from, int to) {
    SyntheticFlow[] kinds = {
      flow(protocol, Hosts.A_IPV4, 10_000, "192.0.2.1"),
      flow(protocol, Hosts.A_IPV6, 10_000, "2001:db8::1"),
      flow(protocol, "10.9.0.1", 10_000, Hosts.A_IPV4),
      flow(protocol, "10.4.0.1", 10_000, "192.0.2.109")
    };
    return IntStream.range(from, to).mapToObj(i -> kinds[i % KINDS].client(i / KINDS));
  }

  private Stream<SyntheticFlow> flows(int from, int to) {
    return flows(protocol, from, to);
  }

  private static SyntheticFlow flow(String protocol, String from, int port, String to) {
    return SyntheticFlow.of(tuple(protocol, from, port, to));
  }

  private static Tuple tuple(String protocol, String from, int port, String to) {
    return protocol.equals("udp") ? Tuple.udp(from, port, to, 53) : Tuple.echo(from, to, port);
  }

  /** They are older than the program, and send no event: why they end nobody tells. */
  private void oldFlowsGo() throws Exception {
    ChaosReport.Row row =
        counting(
            "flows older than the program go",
            () -> hosts.writer.delete(flows(0, flows / 2)),
            Map.of("ended unknown", flows / 2L));
    assertThat(row.events()).isZero();
  }

  private void answered() throws Exception {
    counting(
        "flows come unanswered, half are answered",
        () -> {
          hosts.writer.create(flows(flows, 2 * flows).map(flow -> flow.status(0)));
          hosts.writer.update(flows(flows, flows + flows / 2).map(flow -> flow.status(ANSWERED)));
        },
        Map.of("opened", flows / 2L));
  }

  private void tuplesAreUsedAgain() throws Exception {
    counting(
        "tuples are used again after deletion",
        () -> {
          for (int i = 0; i < REUSES; i++) {
            hosts.writer.create(flows(2 * flows, 3 * flows));
            hosts.writer.delete(flows(2 * flows, 3 * flows));
          }
        },
        Map.of("opened", (long) REUSES * flows, "ended evicted", (long) REUSES * flows));
  }

  private void zones() throws Exception {
    for (ZoneDirection direction :
        new ZoneDirection[] {ZoneDirection.BOTH, ZoneDirection.ORIGINAL}) {
      // Of the same tuples, unless the reply tuples of all are in zone 0.
      int zones = direction == ZoneDirection.BOTH ? ZONES : 1;
      counting(
          (zones == 1 ? "flows in a zone, " : "flows in " + zones + " zones, ") + direction,
          () -> inZones(zones, direction, hosts.writer::create),
          Map.of("opened", (long) zones * flows));
      counting(
          "they go",
          () -> inZones(zones, direction, hosts.writer::delete),
          Map.of("ended evicted", (long) zones * flows));
    }
  }

  private void inZones(
      int zones, ZoneDirection direction, Consumer<Stream<SyntheticFlow>> request) {
    for (int zone = 1; zone <= zones; zone++) {
      int id = zone;
      request.accept(flows(3 * flows, 4 * flows).map(flow -> flow.zone(id, direction)));
    }
  }

  /** To a server that has another address than the one dialled; forwarded, or from this host. */
  private void translated() throws Exception {
    for (String client : new String[] {Hosts.A_IPV4, "10.50.0.1"}) {
      Stream<SyntheticFlow> translated =
          IntStream.range(10_000, 10_000 + flows)
              .mapToObj(port ->
                  flow(protocol, client, port, "10.60.0.1")
                      .reply(tuple(protocol, client, port, "10.70.0.1").reversed()));
      counting(
          "NAT of flows from " + client,
          () -> hosts.writer.create(translated),
          Map.of("opened", (long) flows));
    }
  }

  private void expire() throws Exception {
    counting(
        "flows expire, half of them unanswered",
        () ->
            hosts.writer.create(
                Stream.concat(
                        flows(4 * flows, 5 * flows),
                        flows(5 * flows, 6 * flows).map(flow -> flow.status(0)))
                    .map(flow -> flow.timeoutSeconds(EXPIRING_S))),
        Map.of(
            "opened", (long) flows,
            "ended timed_out", (long) flows,
            "failed unanswered", (long) flows));
  }

  /** What is left: old flows, and those that came unanswered or translated. */
  private void flushed() throws Exception {
    counting(
        "conntrack -F flushes the table",
        () -> hosts.a().sh("conntrack -F"),
        Map.of(
            "ended unknown", flows / 2L,
            "ended evicted", flows / 2L + 2L * flows,
            "failed evicted", flows / 2L));
  }

  private void overrun() throws Exception {
    ChaosReport.Row row =
        trial.step(
            protocol + ": a burst overflows the buffer",
            () -> {
              hosts.writer.create(flows(0, flows));
              hosts.writer.delete(flows(0, flows / 8));
            });
    assertThat(row.overruns()).isPositive();
    assertThat(row.events() + row.lost()).isEqualTo(flows + flows / 8);
  }

  private void pause() throws Exception {
    ChaosReport.Row row =
        trial.step(
            protocol + ": SIGSTOP, flows come and go, SIGCONT",
            () -> {
              trial.program().signal("STOP");
              try {
                hosts.writer.create(flows(flows, 2 * flows));
                hosts.writer.delete(flows(flows / 8, flows / 2));
              } finally {
                trial.program().signal("CONT");
              }
            });
    assertThat(row.events() + row.lost()).isEqualTo(flows + flows / 2 - flows / 8);
  }

  /** Takes the step, and waits until counters, summed over all endpoints, have grown by this. */
  private ChaosReport.Row counting(String name, Trial.Step step, Map<String, Long> growth)
      throws Exception {
    Map<String, Long> before = counters();
    ChaosReport.Row row = trial.step(protocol + ": " + name, step);
    assertThat(row.lost()).isZero();
    Await.untilEqual(
        protocol + ": " + name + ": what is counted", new TreeMap<>(growth), () -> since(before));
    return row;
  }

  private Map<String, Long> since(Map<String, Long> before) {
    Map<String, Long> growth = counters();
    before.forEach((what, value) -> growth.merge(what, -value, Long::sum));
    growth.values().removeIf(value -> value == 0);
    return growth;
  }

  private Map<String, Long> counters() {
    Map<String, Long> sums = new TreeMap<>();
    trial
        .program()
        .awaitScrape()
        .series()
        .forEach((series, value) -> {
          Matcher matcher = COUNTER.matcher(series);
          if (matcher.matches()) {
            String reason = matcher.group(2) == null ? "" : " " + matcher.group(2);
            sums.merge(matcher.group(1) + reason, value.longValue(), Long::sum);
          }
        });
    return sums;
  }
}
