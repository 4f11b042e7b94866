package io.conntrack.exporter.eventlog;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.reading.RunningReader;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The event log of a host that dials another one. */
@KernelTest
@SuppressWarnings("try") // a reader that only has to run
class EventLogTest {
  private static final String NETFILTER = "--log-events";
  private static final String JSON = "-efjson";

  private Hosts hosts;
  private Traffic fromA;
  private Traffic fromB;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @BeforeEach
  void create() {
    hosts = Hosts.create();
    fromA = Traffic.in(hosts.a());
    fromB = Traffic.in(hosts.b());
  }

  @AfterEach
  void close() {
    fromA.close();
    fromB.close();
    hosts.close();
  }

  @Test
  void aServedConnectionIsLoggedFromItsFirstPacketToItsLastInTheKernelsWords() throws Exception {
    try (RunningReader ignored = start(NETFILTER)) {
      ServerSocket server = fromB.listen(B_IPV4, 8080);
      fromA.connect(server).close();

      awaitLines(6);
    }
    assertThat(lines()).hasSizeBetween(6, 7);
    assertThat(lines().getFirst())
        .matches(
            "event=new        ipv4     2 tcp      6 \\d+ SYN_SENT src=10\\.77\\.0\\.1"
                + " dst=10\\.77\\.0\\.2 sport=\\d+ dport=8080 \\[UNREPLIED] src=10\\.77\\.0\\.2"
                + " dst=10\\.77\\.0\\.1 sport=8080 dport=\\d+");
    assertThat(lines().getLast())
        .matches("event=update     ipv4     2 tcp      6 120 TIME_WAIT src=10\\.77\\.0\\.1 .*");
    assertThat(String.join(" ", lines()))
        .containsSubsequence("SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "LAST_ACK");
  }

  @Test
  void aRefusedConnectionIsNewAndDestroyed() throws Exception {
    try (RunningReader ignored = start(NETFILTER)) {
      fromA.connectRefused(B_IPV4, 81);
      awaitLines(2);
    }
    assertThat(lines().get(0)).startsWith("event=new        ipv4     2 tcp      6 ");
    assertThat(lines().get(1))
        .matches("event=destroy    ipv4     2 tcp      6 .*CLOSE src=.*\\[UNREPLIED].*");
  }

  @Test
  void jsonHasItsKeysInOrderWithHostsInFull() throws Exception {
    Instant before = Instant.now();
    try (RunningReader ignored = start(JSON)) {
      Connection connection = fromA.connect(fromB.listen(B_IPV6, 8080));
      connection.reset();
      awaitLines(4);
    }

    assertThat(lines().getFirst())
        .matches(
            "\\{\"event_type\":\"new\","
                + "\"original_source_host\":\"\\[fd77::1]:\\d+\","
                + "\"original_destination_host\":\"\\[fd77::2]:8080\","
                + "\"reply_source_host\":\"\\[fd77::2]:8080\","
                + "\"reply_destination_host\":\"\\[fd77::1]:\\d+\","
                + "\"remote_host\":\"\\[fd77::2]:8080\","
                + "\"state\":\"Opening\",\"protocol\":\"tcp\",\"timestamp\":\"[^\"]+\"}");
    assertThat(values("state")).startsWith("Opening", "Opening", "Open").endsWith("Closed");
    assertThat(values("event_type")).startsWith("new", "update", "update").endsWith("update");
    assertThat(Instant.parse(values("timestamp").getFirst()))
        .isBetween(before.minusMillis(1), Instant.now());
  }

  @Test
  void theKernelsOwnTimeIsTakenWhereItTellsOne() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_timestamp", 1);
    Instant before = Instant.now();
    try (RunningReader ignored = start(JSON)) {
      fromA.connect(fromB.listen(B_IPV4, 8080));
      awaitLines(3);
    }

    List<Instant> times = values("timestamp").stream().map(Instant::parse).toList();
    assertThat(times).isSorted().allMatch(time -> time.isAfter(before));
    assertThat(times)
        .as("finer than the milliseconds of our own clock")
        .anyMatch(time -> !time.equals(time.truncatedTo(ChronoUnit.MILLIS)));
  }

  @Test
  void theRemoteHostOfAnInboundConnectionIsItsClientWithThePort() throws Exception {
    try (RunningReader ignored = RunningReader.in(hosts.b(), output, JSON)) {
      Connection connection = fromA.connect(fromB.listen(B_IPV4, 8080));
      awaitLines(3);
      assertThat(values("remote_host"))
          .allMatch(host -> host.equals(A_IPV4 + ":" + connection.original().sourcePort()));
    }
  }

  @Test
  void whatIsNotTcpIsLoggedWithoutAState() throws Exception {
    try (RunningReader ignored = start(JSON)) {
      fromA.exchange(fromB.bind(B_IPV4, 5353));
      fromA.echo(B_IPV4);
      awaitLines(4);
    }
    assertThat(values("state")).containsOnly("None");
    assertThat(values("protocol")).contains("udp", "icmp");
    assertThat(values("remote_host")).contains(B_IPV4 + ":5353", B_IPV4);
  }

  @Test
  void ignoredHostsAreLeftOut() throws Exception {
    try (RunningReader reader =
        RunningReader.in(hosts.a(), output, JSON, "--ignore-hosts=10.77.0.2:8080")) {
      fromA.connect(fromB.listen(B_IPV4, 8080));
      fromA.connect(fromB.listen(B_IPV4, 8081));

      reader.awaitHosts(Map.of(B_IPV4 + ":8081", "0 1 0 0"));
      assertThat(reader.observe().connections().ignoredFlows()).isEqualTo(1);
    }
    assertThat(values("remote_host")).hasSize(3).containsOnly(B_IPV4 + ":8081");
  }

  @Test
  void anEventIsLoggedWithinATenthOfASecond() throws Exception {
    SyntheticFlow flow = SyntheticFlow.of(Tuple.tcp(A_IPV4, 40000, "192.0.2.1", 443));
    try (RunningReader ignored = start(NETFILTER);
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(flow.client(0)); // what is slow only the first time
      awaitLines(1);
      long[] delaysNs = new long[21];
      for (int i = 0; i < delaysNs.length; i++) {
        int before = lines().size();
        long start = System.nanoTime();
        writer.create(flow.client(1 + i));
        while (lines().size() == before) {
          Thread.onSpinWait();
        }
        delaysNs[i] = System.nanoTime() - start;
      }
      long median = Arrays.stream(delaysNs).sorted().toArray()[delaysNs.length / 2];
      assertThat(Duration.ofNanos(median)).isLessThan(Duration.ofMillis(100));
    }
  }

  @Test
  void aReaderOfTheLogThatStopsReadingCostsLinesAndNothingElse() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    OutputStream stuck = stuck(goOn, new CountDownLatch(1));
    int flows = 30_000;
    try (RunningReader reader = RunningReader.in(hosts.a(), stuck, NETFILTER);
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(
          IntStream.range(0, flows)
              .mapToObj(SyntheticFlow.of(Tuple.tcp(A_IPV4, 40000, "192.0.2.1", 443))::client));
      reader.awaitHosts(Map.of("192.0.2.1:443", "0 " + flows + " 0 0"));
      long dropped = reader.statistics().events().unlogged();
      assertThat(dropped).isPositive();

      goOn.countDown();
      awaitLines((int) (flows - dropped));
      assertThat(reader.statistics().events().unlogged()).isEqualTo(dropped);
    }
    assertThat(lines()).allMatch(line -> line.startsWith("event=new        ipv4"));
  }

  @Test
  void whatCameWhileTheOutputWasStuckIsWrittenWhenItGoesOn() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch entered = new CountDownLatch(1);
    SyntheticFlow flow = SyntheticFlow.of(Tuple.tcp(A_IPV4, 40000, "192.0.2.1", 443));
    try (RunningReader reader = RunningReader.in(hosts.a(), stuck(goOn, entered), NETFILTER);
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(flow.client(0));
      assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
      writer.create(flow.client(1));
      Await.untilEqual("the events", 2L, () -> reader.statistics().events().created());

      goOn.countDown(); // and no event comes to wake the log
      awaitLines(2);
    }
  }

  /** Goes on when it is told to; until then a write waits, and that is told, too. */
  private OutputStream stuck(CountDownLatch goOn, CountDownLatch entered) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        entered.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
        output.write(bytes, offset, length);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anOutputThatFailsCostsLinesUntilItWorksAgain(boolean outOfMemory) throws Exception {
    CountDownLatch full = new CountDownLatch(1);
    OutputStream disk =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            if (full.getCount() > 0 && outOfMemory) {
              throw new OutOfMemoryError("Java heap space");
            }
            if (full.getCount() > 0) {
              throw new IOException("No space left on device");
            }
            output.write(bytes, offset, length);
          }
        };
    SyntheticFlow flow = SyntheticFlow.of(Tuple.tcp(A_IPV4, 40000, "192.0.2.1", 443));
    try (RunningReader reader = RunningReader.in(hosts.a(), disk, NETFILTER);
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(flow.client(1), flow.client(2));
      Await.untilEqual("the drops", 2L, () -> reader.statistics().events().unlogged());

      full.countDown();
      writer.create(flow.client(3));
      awaitLines(2); // an empty one ends what may have been cut off
      assertThat(reader.statistics().events().unlogged()).isEqualTo(2);
    }
    assertThat(lines())
        .satisfiesExactly(
            first -> assertThat(first).isEmpty(),
            second -> assertThat(second).startsWith("event=new "));
  }

  private RunningReader start(String... options) throws Exception {
    return RunningReader.in(hosts.a(), output, options);
  }

  private List<String> lines() {
    return output.toString(US_ASCII).lines().toList();
  }

  private void awaitLines(int count) {
    Await.until("at least " + count + " lines", this::lines, lines -> lines.size() >= count);
  }

  private List<String> values(String key) {
    Pattern pattern = Pattern.compile("\"" + key + "\":\"([^\"]*)\"");
    return lines().stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1))
        .toList();
  }
}
