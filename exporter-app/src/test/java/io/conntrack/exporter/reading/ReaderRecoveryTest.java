package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.state.Outcome;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reader's sockets die under it: something else lies behind their descriptors. */
@KernelTest
class ReaderRecoveryTest {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.1", 443));
  private static final SyntheticFlow OTHER =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.2", 443));

  private Namespace namespace;
  private FlowWriter writer;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
    writer = FlowWriter.in(namespace);
  }

  @AfterEach
  void close() {
    writer.close();
    namespace.close();
  }

  @Test
  void aReaderWhoseSocketDiesBeginsAnewAndIsRightAgain() throws Exception {
    Map<String, Integer> before = sockets();
    try (RunningReader reader = RunningReader.in(namespace)) {
      writer.create(FLOW);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0"));

      killSocketsSince(before);
      writer.create(FLOW.client(1));
      Await.until("the reader to be right again", () -> shows(reader, "0 2 0 0"));

      ReaderStatistics statistics = reader.statistics();
      assertThat(statistics.health().failures()).isEqualTo(1);
      assertThat(statistics.health().inSync()).isTrue();
      assertThat(statistics.resyncs().get(ResyncReason.START)).isEqualTo(2);
    }
  }

  /** Whatever becomes of connections meanwhile counts once; of those that are missed not how. */
  @Test
  void countersGoOnAfterAFailure() throws Exception {
    Map<String, Integer> before = sockets();
    try (RunningReader reader = RunningReader.in(namespace)) {
      writer.create(FLOW, FLOW.client(1));
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 2 0 0"));
      writer.delete(FLOW.client(1));
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0"));

      killSocketsSince(before);
      writer.delete(FLOW);
      writer.create(FLOW.client(2), FLOW.client(3));
      Await.until("the reader to be right again", () -> shows(reader, "0 2 0 0"));
      Map<Outcome, Long> outcomes = reader.outcomes().get("10.6.0.1:443");
      assertThat(outcomes.remove(Outcome.OPENED)).isEqualTo(4);
      assertThat(outcomes.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(2);
    }
  }

  @Test
  void aReaderWhoseSocketsDieAgainAndAgainEnds() throws Exception {
    Map<String, Integer> before = sockets();
    try (RunningReader reader = RunningReader.in(namespace)) {
      for (int failures = 1; failures <= 2; failures++) {
        killSocketsSince(before);
        int expected = failures;
        Await.until("failure " + failures, () -> failures(reader) == expected);
      }
      killSocketsSince(before);
      writer.create(FLOW); // ends the wait for the old socket, which goes on without its descriptor

      Await.until("the end", () -> reader.ended().isCompletedExceptionally());
      assertThatThrownBy(reader::observe).hasMessageContaining("The reader has ended");
    }
  }

  @Test
  void aScrapeThatIsTheFirstToMeetTheFailureIsToldThatThereIsNothingToShow() throws Exception {
    Map<String, Integer> before = sockets();
    try (RunningReader reader = RunningReader.in(namespace)) {
      reader.observe();
      muteSocketsSince(before);

      Await.until("the next observation", () -> failures(reader) == 1);
    }
  }

  @Test
  void whatTheEventLogDroppedBeforeAFailureStaysCounted() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    Map<String, Integer> before = sockets();
    try (RunningReader reader = RunningReader.in(namespace, stuckUntil(goOn), "--log-events")) {
      writer.create(IntStream.range(0, 30_000).mapToObj(FLOW::client));
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 30000 0 0"));
      long dropped = reader.statistics().events().unlogged();
      assertThat(dropped).isPositive();

      killSocketsSince(before);
      Await.until("the failure", () -> failures(reader) == 1);
      assertThat(reader.statistics().events().unlogged()).isGreaterThanOrEqualTo(dropped);
    } finally {
      goOn.countDown();
    }
  }

  @Test
  void theEndpointsThatMovedBeforeAFailureStayCounted() throws Exception {
    Map<String, Integer> before = sockets();
    try (RunningReader reader =
        RunningReader.in(
            namespace, "--max-endpoints=1", "--endpoint-retention=0s", "--resync-interval=500ms")) {
      writer.create(FLOW);
      writer.create(OTHER);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0", "other", "0 1 0 0"));
      writer.delete(FLOW);
      reader.awaitHosts(Map.of("10.6.0.2:443", "0 1 0 0"));

      killSocketsSince(before);
      Await.until("the failure", () -> failures(reader) == 1);
      assertThat(reader.statistics().endpoints().movedIn()).isEqualTo(1);
    }
  }

  private static OutputStream stuckUntil(CountDownLatch goOn) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        try {
          goOn.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
    };
  }

  /** How often it failed; -1 while it begins anew. */
  private static long failures(RunningReader reader) {
    return whenReady(() -> reader.statistics().health().failures(), -1L);
  }

  private static boolean shows(RunningReader reader, String counts) {
    return whenReady(() -> Map.of("10.6.0.1:443", counts).equals(reader.hosts()), false);
  }

  private static <T> T whenReady(Supplier<T> what, T otherwise) {
    try {
      return what.get();
    } catch (CompletionException unavailable) {
      assertThat(unavailable)
          .hasCauseInstanceOf(UnavailableException.class)
          .hasMessageContaining("The reader failed");
      return otherwise;
    }
  }

  /** Puts /dev/null behind every socket that was opened since, which fails at the next event. */
  private static void killSocketsSince(Map<String, Integer> before) throws Exception {
    MethodHandle open = libc("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT));
    try (Arena arena = Arena.ofConfined()) {
      replaceSocketsSince(before, invoke(open, arena.allocateFrom("/dev/null"), 0));
    }
  }

  /** Puts what is never readable behind every socket, so that a scrape is the first to fail. */
  private static void muteSocketsSince(Map<String, Integer> before) throws Exception {
    replaceSocketsSince(
        before, invoke(libc("eventfd", FunctionDescriptor.of(INT, INT, INT)), 0, 0));
  }

  private static void replaceSocketsSince(Map<String, Integer> before, int replacement)
      throws Exception {
    MethodHandle dup2 = libc("dup2", FunctionDescriptor.of(INT, INT, INT));
    Map<String, Integer> opened = sockets();
    opened.keySet().removeAll(before.keySet());
    assertThat(opened).isNotEmpty();
    for (int descriptor : opened.values()) {
      assertThat(invoke(dup2, replacement, descriptor)).isEqualTo(descriptor);
    }
    invoke(libc("close", FunctionDescriptor.of(INT, INT)), replacement);
  }

  private static MethodHandle libc(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
  }

  private static int invoke(MethodHandle call, Object... arguments) {
    try {
      return (int) call.invokeWithArguments(arguments);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * Descriptors by what tells a socket from any other, also from a later one of the same number.
   */
  private static Map<String, Integer> sockets() throws IOException {
    Map<String, Integer> sockets = new HashMap<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        String target = targetOf(descriptor);
        if (target.startsWith("socket:")) {
          sockets.put(target, Integer.valueOf(descriptor.getFileName().toString()));
        }
      }
    }
    return sockets;
  }

  private static String targetOf(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }
}
