package io.conntrack.exporter.reading;

import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.kernel.KernelAccess;
import io.conntrack.exporter.kernel.NamespaceFinder;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.LogLimit;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tinylog.Logger;

/**
 * The other network namespaces that are read, if the configuration asks for any. Takes up
 * namespaces that come, and drops namespaces that go or fail. Belongs to the reading thread.
 *
 * <p>It looks for them once a second, or less often if a look takes more than a 500th of that.
 * Nothing tells when a namespace goes. A namespace lives on, with its interfaces, while sockets are
 * open in it. So they must be closed soon after its file has gone.
 */
final class OtherNamespaces implements AutoCloseable {
  private static final long LOOK_PAUSE_MS = 1_000;
  private static final long TIMES_ITS_COST = 500;

  /** One that fails is left alone for so long. */
  private static final long FAILURE_PAUSE_MS = 5_000;

  /** Null unless any are asked for. */
  private final NamespaceFinder finder;

  private final Configuration configuration;
  private final RulesFile rules;
  private final KernelAccess access;
  private final EventLog eventLog;

  private final SortedMap<String, ReadingLoop> loops = new TreeMap<>();

  /** Until when those that failed are left alone, by their names. */
  private final Map<String, Long> failedUntilMs = new HashMap<>();

  /** What goes on when those that failed are read again. */
  private final KeptCounters kept;

  /** As of the last look. */
  private int notRead;

  private int missing;
  private long nextLookMs;

  /** How long it took. The shorter of two tells the cost: in one this process may have stood. */
  private long lastLookMs;

  private final LogLimit roomLog = new LogLimit();

  /**
   * Takes up those that are there.
   *
   * @throws ConntrackException where no other namespace may be entered
   */
  OtherNamespaces(
      Configuration configuration,
      RulesFile rules,
      KernelAccess access,
      KeptCounters kept,
      EventLog eventLog)
      throws ConntrackException {
    this.kept = kept;
    this.configuration = configuration;
    this.rules = rules;
    this.access = access;
    this.eventLog = eventLog;
    this.finder = isAskedFor() ? new NamespaceFinder(configuration.netns()) : null;
    this.nextLookMs = MonotonicClock.nowMs();
    if (isAskedFor()) {
      NetworkNamespace.requireEntry();
      look(nextLookMs);
      // The first look mostly loads classes, so its time says little about the next one.
      nextLookMs = MonotonicClock.nowMs() + LOOK_PAUSE_MS;
    }
  }

  private boolean isAskedFor() {
    return !configuration.netns().isEmpty();
  }

  /** Those that are read now, in the order of their names: a copy. */
  Collection<ReadingLoop> loops() {
    return List.copyOf(loops.values());
  }

  /** How many are read and are not read. Empty if none are asked for. */
  Optional<NamespaceCounts> counts() {
    return isAskedFor()
        ? Optional.of(new NamespaceCounts(loops.size(), notRead, missing))
        : Optional.empty();
  }

  /** How long until the next look. */
  int waitMs(long nowMs) {
    return isAskedFor() ? Math.clamp(nextLookMs - nowMs, 0, Integer.MAX_VALUE) : Integer.MAX_VALUE;
  }

  /** Looks for namespaces, if it is time to. Returns whether any came or went. */
  boolean look(long nowMs) {
    if (!isAskedFor() || nowMs < nextLookMs) {
      return false;
    }
    long beganMs = MonotonicClock.nowMs();
    NamespaceFinder.Found found = finder.findAndLog();
    SortedMap<String, NetworkNamespace> there = found.namespaces();
    long tookMs = MonotonicClock.nowMs() - beganMs;
    nextLookMs = nowMs + Math.max(LOOK_PAUSE_MS, TIMES_ITS_COST * Math.min(tookMs, lastLookMs));
    lastLookMs = tookMs;
    failedUntilMs.keySet().retainAll(there.keySet());
    kept.forgetAllBut(there);
    boolean changed = false;
    for (ReadingLoop loop : loops()) {
      NetworkNamespace now = there.get(loop.namespace().name());
      if (now == null || !now.id().equals(loop.namespace().id())) {
        drop(loop);
        Logger.info("{} is gone", loop.namespace());
        changed = true;
      }
    }
    for (NetworkNamespace namespace : there.values()) {
      changed |= !loops.containsKey(namespace.name()) && takeUp(namespace, nowMs);
    }
    notRead = found.refused().size() + there.size() - loops.size();
    missing = found.missing().size();
    return changed;
  }

  private boolean takeUp(NetworkNamespace namespace, long nowMs) {
    if (failedUntilMs.getOrDefault(namespace.name(), nowMs) > nowMs) {
      return false;
    }
    if (loops.size() >= configuration.mostOtherNamespaces()) {
      if (roomLog.allows(nowMs)) {
        Logger.warn(
            "{} is skipped: the heap has room for --max-endpoints={} in {} other"
                + " namespaces. A smaller --max-endpoints, or JAVA_OPTS=-Xmx256m, makes room for"
                + " more",
            namespace,
            configuration.maxEndpoints(),
            configuration.mostOtherNamespaces());
      }
      return false;
    }
    ReaderCounters counters = kept.take(namespace);
    try {
      loops.put(
          namespace.name(),
          ReadingLoop.open(namespace, access, configuration, rules, counters, eventLog));
      Logger.info("Reading {}", namespace);
      return true;
    } catch (ConntrackException | RuntimeException | Error e) {
      kept.keep(namespace, counters);
      leaveAlone(namespace, e);
      return false;
    }
  }

  /** Drops one, and leaves it alone for a while. Counters go on when it is read again. */
  void failed(ReadingLoop loop, Throwable reason) {
    if (reason instanceof ConntrackException) {
      loop.counters().failure();
      kept.keep(loop);
    }
    drop(loop);
    notRead++;
    leaveAlone(loop.namespace(), reason);
  }

  private void leaveAlone(NetworkNamespace namespace, Throwable reason) {
    failedUntilMs.put(namespace.name(), MonotonicClock.nowMs() + FAILURE_PAUSE_MS);
    if (!namespace.isThere()) {
      Logger.info("{} is gone", namespace);
    } else if (reason instanceof ConntrackException) {
      Logger.error(
          "{} cannot be read, and is skipped for {} s: {}",
          namespace,
          FAILURE_PAUSE_MS / 1_000,
          reason.getMessage());
    } else {
      Logger.error(
          reason, "{} failed, and is skipped for {} s", namespace, FAILURE_PAUSE_MS / 1_000);
    }
  }

  private void drop(ReadingLoop loop) {
    loops.remove(loop.namespace().name());
    try {
      loop.close();
    } catch (ConntrackException e) {
      Logger.debug("Closing {} failed: {}", loop.namespace(), e.getMessage());
    }
  }

  @Override
  public void close() {
    loops().forEach(this::drop);
  }
}
