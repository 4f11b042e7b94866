package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.kernel.KernelSources;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Wakeup;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Interceptor;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A dump that cannot be relied upon removes no flow, and another one follows. */
@KernelTest
class SpoiledResyncTest {
  /** Some ten portions of a dump. */
  private static final int FLOWS = 2_000;

  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.1", 443));

  private static final int DUMP_INTERRUPTED = 0x10;
  private static final int NLMSG_ERROR = 2;
  private static final int EBUSY = 16;
  private static final int ENOBUFS = 105;

  private Namespace namespace;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
  }

  @AfterEach
  void close() {
    namespace.close();
  }

  /** What becomes of the second portion of a dump. */
  enum Fault {
    INTERRUPTED,
    REFUSED,
    CUT_OFF,
    NEVER_SENT;

    void hit(Interceptor kernel) {
      byte[] portion = kernel.take();
      switch (this) {
        case INTERRUPTED -> kernel.give(Interceptor.flagged(portion, DUMP_INTERRUPTED));
        case REFUSED -> kernel.give(Interceptor.verdict(NLMSG_ERROR, 1, -EBUSY));
        case CUT_OFF -> kernel.give(Arrays.copyOf(portion, portion.length - 20));
        case NEVER_SENT -> {}
      }
    }
  }

  /** What runs on the namespace's thread, with a round that has ended its first resync. */
  private interface Body {
    void run(KernelSources sources, ReadingRound round, FlowWriter writer)
        throws ConntrackException;
  }

  private void whenSynced(Body body, String... options) throws Exception {
    Configuration configuration = Options.parse(options, Map.of()).configuration();
    namespace.run(() -> {
      try (FlowWriter writer = FlowWriter.open()) {
        writer.create(flows(0, FLOWS));
        runWhenSynced(body, configuration, writer);
      }
    });
  }

  private static void runWhenSynced(Body body, Configuration configuration, FlowWriter writer)
      throws ConntrackException {
    try (Wakeup wakeup = Wakeup.open();
        KeptCounters kept = new KeptCounters();
        ReadingRound round =
            new ReadingRound(configuration, RulesFile.none(), wakeup, kept, null)) {
      turnUntil(round, round::isSynced);
      body.run(round.loops().getFirst().sources(), round, writer);
    }
  }

  private static Stream<SyntheticFlow> flows(int from, int to) {
    return IntStream.range(from, to).mapToObj(FLOW::client);
  }

  /** Bounded by the namespace, and by the loop, which waits no longer than to its next resync. */
  private static void turnUntil(ReadingRound round, BooleanSupplier condition)
      throws ConntrackException {
    while (!condition.getAsBoolean()) {
      round.turn(Integer.MAX_VALUE);
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aDumpThatFailsRemovesNothingAndIsRepeated(Fault fault) throws Exception {
    whenSynced(
        (sources, round, writer) -> {
          turnUntil(round, sources.dump::isRunning);
          try (Interceptor kernel = Interceptor.of(sources.dump.descriptor())) {
            kernel.pass();
            round.turn(Integer.MAX_VALUE);
            fault.hit(kernel);
            turnUntil(round, () -> !sources.dump.isRunning());
          }
          Observation failed = round.observe();
          assertThat(failed.connections().countedFlows()).isEqualTo(FLOWS);
          assertThat(failed.statistics().resyncs())
              .isEqualTo(Map.of(ResyncReason.START, 1L, ResyncReason.INTERVAL, 1L));
          ReaderStatistics.Resync last = failed.statistics().lastResync();

          turnUntil(round, sources.dump::isRunning);
          turnUntil(round, () -> !sources.dump.isRunning());
          Observation repeated = round.observe();
          assertThat(repeated.connections().countedFlows()).isEqualTo(FLOWS);
          assertThat(repeated.statistics().resyncs()).containsEntry(ResyncReason.RETRY, 1L);
          assertThat(repeated.statistics().lastResync()).isNotEqualTo(last);
          assertThat(repeated.statistics().health().failures()).isZero();
        },
        "--resync-interval=100ms");
  }

  @Test
  void dumpsThatFailOneAfterTheOtherEndTheSession() throws Exception {
    whenSynced(
        (sources, round, writer) -> {
          for (int i = 0; i < 7; i++) {
            refuseNextDump(sources, round);
          }
          assertThatThrownBy(() -> refuseNextDump(sources, round))
              .isInstanceOf(ConntrackException.class)
              .hasMessageContaining("errno=" + EBUSY);
        },
        "--resync-interval=100ms");
  }

  private static void refuseNextDump(KernelSources sources, ReadingRound round)
      throws ConntrackException {
    turnUntil(round, sources.dump::isRunning);
    try (Interceptor kernel = Interceptor.of(sources.dump.descriptor())) {
      Fault.REFUSED.hit(kernel);
      turnUntil(round, () -> !sources.dump.isRunning());
    }
  }

  @Test
  void anEpochInWhichAScrapeTookTheCountOfLostEventsIsFoundSpoiled() throws Exception {
    whenSynced(
        (sources, round, writer) -> {
          turnUntil(round, sources.dump::isRunning);
          writer.create(flows(FLOWS, 2 * FLOWS));
          // As if the loss came after the last look for events: only the count tells of it.
          assertThat(Interceptor.takeError(sources.events.descriptor())).isEqualTo(ENOBUFS);
          ReaderStatistics scraped = round.observe().statistics();
          assertThat(scraped.events().lost()).isPositive();
          assertThat(scraped.health().inSync()).isFalse();

          turnUntil(round, () -> !sources.dump.isRunning());
          assertThat(round.observe().statistics().health().inSync()).isFalse();
          turnUntil(round, sources.dump::isRunning);
          turnUntil(round, () -> !sources.dump.isRunning());
          Observation repeated = round.observe();
          assertThat(repeated.connections().countedFlows()).isEqualTo(2 * FLOWS);
          assertThat(repeated.statistics().health().inSync()).isTrue();
          assertThat(repeated.statistics().events().overruns()).isZero();
          assertThat(repeated.statistics().resyncs()).containsEntry(ResyncReason.RETRY, 1L);
        },
        "--resync-interval=100ms",
        "--netlink-buffer=64KiB");
  }

  @Test
  void whatASessionCountedIsKeptThoughNobodyLookedBeforeItsEnd() throws Exception {
    Configuration configuration = Options.parse(new String[] {}, Map.of()).configuration();
    namespace.run(() -> {
      try (Wakeup wakeup = Wakeup.open();
          KeptCounters kept = new KeptCounters()) {
        session(configuration, wakeup, kept, true);
        ReaderStatistics.Events events = session(configuration, wakeup, kept, false).events();
        assertThat(events.undecodable()).isEqualTo(1);
      }
    });
  }

  /** Returns what is seen at the end, or null for a session that nobody looks at. */
  private static ReaderStatistics session(
      Configuration configuration, Wakeup wakeup, KeptCounters kept, boolean garbage)
      throws ConntrackException {
    try (ReadingRound round =
        new ReadingRound(configuration, RulesFile.none(), wakeup, kept, null)) {
      turnUntil(round, round::isSynced);
      if (!garbage) {
        return round.observe().statistics();
      }
      try (Interceptor kernel =
          Interceptor.of(round.loops().getFirst().sources().events.descriptor())) {
        kernel.give(new byte[100]);
        round.turn(Integer.MAX_VALUE);
      }
      return null;
    }
  }
}
