package io.conntrack.exporter.reading;

import io.conntrack.exporter.kernel.DumpBudget;
import io.conntrack.exporter.kernel.KernelSources;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.terms.KernelSetting;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How long after a resync the next one is due: what the operator asks for. Without that it is half
 * a minute, or longer where the {@link DumpBudget} asks for it. If no events come it is as short as
 * 2 % of a core allows, because nothing else tells of changes.
 */
final class ResyncInterval {
  static final long USUAL_MS = 30_000;
  private static final long SHORTEST_MS = 1_000;
  private static final long TIMES_ITS_COST = 50;

  private final Optional<Duration> asked;
  private final boolean listening;
  private final boolean stretched;
  private final NetworkNamespace namespace;
  private final DumpBudget budget;

  ResyncInterval(Configuration configuration, KernelSources sources) {
    this(
        configuration.resyncInterval(),
        configuration.events(),
        configuration.endpoints().traffic(),
        sources.namespace,
        sources.dumpBudget);
  }

  /**
   * An interval.
   *
   * @param asked what the operator asks for
   * @param traffic whether bytes are counted, which only dumps tell
   */
  ResyncInterval(
      Optional<Duration> asked,
      boolean listening,
      boolean traffic,
      NetworkNamespace namespace,
      DumpBudget budget) {
    this.asked = asked;
    this.listening = listening;
    this.stretched = asked.isEmpty() && !traffic;
    this.namespace = namespace;
    this.budget = budget;
  }

  /** Whether a resync that would show nothing new may be left out. */
  boolean isStretched() {
    return stretched;
  }

  /**
   * After a resync that took so much of a processor. In another namespace that tracks nothing not
   * even its settings are asked for.
   */
  long afterMs(long costNs, long entries) throws ConntrackException {
    long restMs = budget.spend(costNs, MonotonicClock.nowMs());
    boolean idle = !namespace.isOwn() && entries == 0;
    if (!idle && (!listening || eventsAreOff())) {
      long cheapMs = TimeUnit.NANOSECONDS.toMillis(TIMES_ITS_COST * costNs);
      return Math.min(longestMs(), Math.max(SHORTEST_MS, cheapMs));
    }
    return stretched && !idle
        ? Math.max(USUAL_MS, restMs)
        : asked.map(Duration::toMillis).orElse(USUAL_MS);
  }

  private long longestMs() {
    return asked.map(Duration::toMillis).orElse(DumpBudget.LONGEST_REST_MS);
  }

  /** Whether events would come, but the kernel is told to send none. */
  boolean misses() throws ConntrackException {
    return listening && eventsAreOff();
  }

  private boolean eventsAreOff() throws ConntrackException {
    return namespace.call(() -> KernelSetting.isOff("nf_conntrack_events"));
  }
}
