package io.conntrack.exporter.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.exporter.kernel.KernelAccess;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.options.Values;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Wakeup;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Interceptor;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reader in one network namespace reads others, whose files come and go in a folder. */
@KernelTest
class OtherNamespacesTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.1", 443));
  private static final String HOST = "10.6.0.1:443";

  @TempDir private Path folder;
  @AutoClose private final Namespace own = Namespace.create();
  @AutoClose private final Namespace blue = Namespace.create();
  @AutoClose private final Namespace red = Namespace.create();

  private RunningReader reader(String... options) throws Exception {
    return RunningReader.in(
        own,
        Stream.concat(Stream.of("--netns=" + folder + "/*"), Stream.of(options))
            .toArray(String[]::new));
  }

  private Path come(String name, Namespace namespace) throws IOException {
    return Files.createSymbolicLink(folder.resolve(name), namespace.path());
  }

  /** Flows with the same tuples wherever they are written. */
  private static void create(Namespace namespace, int flows) {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(flows(flows));
    }
  }

  private static Stream<SyntheticFlow> flows(int count) {
    return IntStream.range(0, count).mapToObj(FLOW::client);
  }

  private static Map<String, String> open(int connections) {
    return Map.of(HOST, "0 " + connections + " 0 0");
  }

  @Test
  void flowsOfTheSameTuplesAreToldApart() throws Exception {
    come("blue", blue);
    come("red", red);
    create(own, 1);
    create(blue, 2);
    create(red, 3);
    try (RunningReader reader = reader("--resync-interval=100ms")) {
      assertThat(reader.hosts()).isEqualTo(open(1));
      assertThat(reader.otherHosts()).isEqualTo(Map.of("blue", open(2), "red", open(3)));

      try (FlowWriter there = FlowWriter.in(blue);
          FlowWriter elsewhere = FlowWriter.in(red)) {
        there.create(flows(2_000).skip(2));
        elsewhere.delete(FLOW.client(0));
      }
      Await.untilEqual(
          "the others", Map.of("blue", open(2_000), "red", open(2)), reader::otherHosts);
      Observation observed = reader.observe();
      assertThat(observed.connections().countedFlows()).isEqualTo(1);
      assertThat(observed.table().entries()).hasValue(1);
      observed
          .others()
          .values()
          .forEach(other -> {
            assertThat(other.table().entries()).hasValue(other.connections().countedFlows());
            assertThat(other.statistics().health().inSync()).isTrue();
          });
      assertThat(observed.statistics().events().created()).isZero();
    }
  }

  @Test
  void localAddressesAreThoseOfEachNamespace() throws Exception {
    own.sh("ip addr add 10.6.0.1/32 dev lo");
    blue.sh("ip addr add 10.5.0.1/32 dev lo");
    come("blue", blue);
    create(own, 1);
    create(blue, 1);
    try (RunningReader reader = reader()) {
      assertThat(reader.hosts()).isEqualTo(Map.of("10.5.0.1", "0 1 0 0"));
      assertThat(reader.otherHosts()).isEqualTo(Map.of("blue", open(1)));

      blue.sh("ip addr del 10.5.0.1/32 dev lo; ip addr add 10.6.0.1/32 dev lo");
      Await.untilEqual(
          "the remote end",
          "0 1 0 0",
          () -> reader.otherHosts().getOrDefault("blue", Map.of()).get("10.5.0.1"));
    }
  }

  @Test
  void oneThatComesIsTakenUpAndOneThatGoesIsDropped() throws Exception {
    create(own, 1);
    create(blue, 2);
    try (RunningReader reader = reader()) {
      assertThat(reader.otherHosts()).isEmpty();
      assertThat(reader.observe().namespaces()).hasValue(new NamespaceCounts(0, 0, 1));

      Path file = come("blue", blue);
      Await.untilEqual("the others", Map.of("blue", open(2)), reader::otherHosts);
      assertThat(reader.observe().namespaces()).hasValue(new NamespaceCounts(1, 0, 0));
      create(red, 3);
      Files.delete(file);
      come("blue", red); // another one with the name of the first
      Await.untilEqual("the others", Map.of("blue", open(3)), reader::otherHosts);
      Files.delete(file);
      Await.untilEqual("the others", Map.of(), reader::otherHosts);
      assertThat(reader.hosts()).isEqualTo(open(1));
      assertThat(reader.statistics().health().failures()).isZero();
    }
  }

  @Test
  void aNamespaceIsReadOnceWhateverPathsLeadToItAndTheOwnOneIsNoOther() throws Exception {
    come("a", own);
    come("b", blue);
    come("c", blue);
    Files.writeString(folder.resolve("d"), "no namespace");
    create(own, 1);
    create(blue, 2);
    try (RunningReader reader = reader("--netns=" + folder + "/c")) {
      assertThat(reader.otherHosts()).isEqualTo(Map.of("b", open(2)));
      assertThat(reader.observe().namespaces()).hasValue(new NamespaceCounts(1, 1, 0));
      assertThat(reader.hosts()).isEqualTo(open(1));
    }
  }

  @Test
  void ofTwoWithOneNameTheFirstIsRead() throws Exception {
    Path second = Files.createDirectory(folder.resolve("second"));
    come("blue", blue);
    Files.createSymbolicLink(second.resolve("blue"), red.path());
    create(blue, 2);
    create(red, 3);
    try (RunningReader reader = reader("--netns=" + second + "/blue")) {
      assertThat(reader.otherHosts()).isEqualTo(Map.of("blue", open(2)));
    }
  }

  @Test
  void oneThatTracksNothingNeedsNoDump() throws Exception {
    come("blue", blue);
    create(own, 2_000);
    Configuration configuration =
        Options.parse(new String[] {"--netns=" + folder + "/*"}, Map.of()).configuration();
    own.run(() -> {
      try (Wakeup wakeup = Wakeup.open();
          KeptCounters kept = new KeptCounters();
          ReadingRound round =
              new ReadingRound(configuration, RulesFile.none(), wakeup, kept, null)) {
        ReadingLoop empty = round.loops().get(1);
        while (!round.isSynced()) {
          round.turn(Integer.MAX_VALUE);
          assertThat(empty.isDumping()).isFalse();
        }
        create(blue, 1);
        turnUntil(round, () -> counted(empty) == 1);
        assertThat(counted(round.loops().getFirst())).isEqualTo(2_000);
      }
    });
  }

  private static long counted(ReadingLoop loop) {
    try {
      return loop.observe().connections().countedFlows();
    } catch (ConntrackException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theEventLogTellsTheNamespace() throws Exception {
    come("blue", blue);
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (RunningReader reader =
        RunningReader.in(own, log, "-efjson", "--netns=" + folder + "/blue")) {
      create(own, 1);
      create(blue, 1);
      Await.untilEqual("the others", Map.of("blue", open(1)), reader::otherHosts);
      Await.untilEqual("the lines", 2L, () -> log.toString(US_ASCII).lines().count());
      assertThat(log.toString(US_ASCII).lines())
          .filteredOn(line -> line.endsWith("\",\"netns\":\"blue\"}"))
          .hasSize(1);
      assertThat(log.toString(US_ASCII).lines())
          .filteredOn(line -> line.contains("netns"))
          .hasSize(1);
    }
  }

  @Test
  void moreThanTheHeapHasRoomForAreLeftOut() throws Exception {
    come("blue", blue);
    come("red", red);
    int half = Values.mostEndpoints(EndpointOptions.HOST_ALONE, false) / 2;
    try (RunningReader reader = reader("--max-endpoints=" + half)) {
      assertThat(reader.otherHosts()).containsOnlyKeys("blue");
      assertThat(reader.observe().namespaces()).hasValue(new NamespaceCounts(1, 1, 0));
      Files.delete(folder.resolve("blue"));
      Await.untilEqual("the others", Map.of("red", Map.of()), reader::otherHosts);
    }
  }

  @Test
  void aHundredComingsAndGoingsLeaveNoFileOpen() throws Exception {
    Configuration configuration =
        Options.parse(new String[] {"--netns=" + folder + "/*"}, Map.of()).configuration();
    own.run(() -> {
      try (Wakeup wakeup = Wakeup.open();
          KernelAccess access = new KernelAccess(wakeup);
          KeptCounters kept = new KeptCounters();
          OtherNamespaces others =
              new OtherNamespaces(configuration, RulesFile.none(), access, kept, null)) {
        long before = openFiles();
        long nowMs = MonotonicClock.nowMs();
        for (int i = 0; i < 100; i++) {
          Path file = come("blue", i % 2 == 0 ? blue : red);
          nowMs += TimeUnit.HOURS.toMillis(1);
          assertThat(others.look(nowMs)).isTrue();
          assertThat(others.loops()).hasSize(1);
          assertThat(openFiles()).isEqualTo(before + 2);
          assertThat(others.loops().iterator().next().beginResync()).isFalse(); // it is empty
          assertThat(openFiles()).isEqualTo(before + 3);
          Files.delete(file);
          nowMs += TimeUnit.HOURS.toMillis(1);
          assertThat(others.look(nowMs)).isTrue();
          assertThat(others.loops()).isEmpty();
        }
        assertThat(openFiles()).isEqualTo(before);
      }
    });
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  @Test
  void oneWhoseSocketDiesIsDroppedAndTakenUpAgainWhileTheOthersGoOn() throws Exception {
    come("blue", blue);
    come("red", red);
    create(red, 3);
    Configuration configuration =
        Options.parse(new String[] {"--netns=" + folder + "/*"}, Map.of()).configuration();
    own.run(() -> {
      try (Wakeup wakeup = Wakeup.open();
          KeptCounters kept = new KeptCounters();
          ReadingRound round =
              new ReadingRound(configuration, RulesFile.none(), wakeup, kept, null)) {
        turnUntil(round, round::isSynced);
        ReadingLoop dying = round.loops().get(1);
        assertThat(dying.namespace().name()).isEqualTo("blue");
        try (Wakeup noSocket = Wakeup.open()) {
          noSocket.signal();
          Interceptor.replace(dying.sources().events.descriptor(), noSocket.descriptor());
          turnUntil(round, () -> !round.loops().contains(dying));
        }
        assertThat(round.observe().others()).containsOnlyKeys("red");
        create(blue, 2);
        turnUntil(round, () -> round.loops().size() == 3 && round.loops().get(1).isSynced());

        Observation observed = round.observe();
        assertThat(observed.others()).containsOnlyKeys("blue", "red");
        assertThat(observed.others().get("blue").connections().countedFlows()).isEqualTo(2);
        assertThat(observed.others().get("blue").statistics().health().failures()).isEqualTo(1);
        assertThat(observed.others().get("blue").statistics().resyncs())
            .containsEntry(ResyncReason.START, 2L);
        assertThat(observed.others().get("red").connections().countedFlows()).isEqualTo(3);
        assertThat(observed.others().get("red").statistics().resyncs())
            .containsEntry(ResyncReason.START, 1L);
        assertThat(observed.statistics().resyncs()).containsEntry(ResyncReason.START, 1L);
      }
    });
  }

  @Test
  void countersOfAllGoOnWhenTheReadingOfTheOwnOneFails() throws Exception {
    come("blue", blue);
    Configuration configuration =
        Options.parse(new String[] {"--netns=" + folder + "/*"}, Map.of()).configuration();
    own.run(() -> {
      try (Wakeup wakeup = Wakeup.open();
          KeptCounters kept = new KeptCounters()) {
        try (ReadingRound round =
            new ReadingRound(configuration, RulesFile.none(), wakeup, kept, null)) {
          turnUntil(round, round::isSynced);
          create(blue, 3);
          turnUntil(round, () -> counted(round.loops().get(1)) == 3);
          round.keepFlows(); // as the reader does when it fails
        }
        create(own, 1);
        try (ReadingRound round =
            new ReadingRound(configuration, RulesFile.none(), wakeup, kept, null)) {
          turnUntil(round, round::isSynced);
          assertThat(opened(round)).isEqualTo(3);
        }
      }
    });
  }

  private static long opened(ReadingRound round) throws ConntrackException {
    Snapshot blue = round.observe().others().get("blue").connections();
    return IntStream.range(0, blue.endpointCount())
        .mapToLong(endpoint -> blue.outcomes(endpoint, Outcome.OPENED))
        .sum();
  }

  /** Bounded by the namespace, and by the round, which looks for namespaces at intervals. */
  private static void turnUntil(ReadingRound round, BooleanSupplier condition)
      throws ConntrackException {
    while (!condition.getAsBoolean()) {
      round.turn(Integer.MAX_VALUE);
    }
  }
}
