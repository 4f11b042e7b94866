package io.conntrack.exporter.names;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.exporter.terms.LogLimit;
import io.conntrack.exporter.terms.MonotonicClock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.tinylog.Logger;

/**
 * Names that DNS servers tell, kept as long as they say. Who asks for a name never waits: an
 * address that is not known yet has none, and is looked up by a thread of its own.
 *
 * <p>Bounded: {@value #MOST_NAMES} addresses, {@value DnsClient#MOST_A_SECOND} questions a second.
 * An address that nobody has asked for in ten minutes makes room for another one. A name is shown
 * until the servers tell another one, or that there is none.
 */
final class DnsNames implements AutoCloseable {
  static final int MOST_NAMES = 10_000;

  private static final long UNUSED_MS = 600_000;
  private static final long SHORTEST_TTL_MS = 60_000;
  private static final long LONGEST_TTL_MS = 86_400_000;
  private static final long ABSENT_MS = 300_000;
  private static final long RETRY_MS = 1_000;

  /** What is known of one address. */
  private static final class Entry {
    /** Null if there is none, or none is known yet. */
    String name;

    /** When it is to be looked up again. */
    long dueMs;

    boolean queued;
    long usedMs;
  }

  private final Supplier<List<InetSocketAddress>> servers;

  /** What the thread waits for, beside the time. */
  private final Semaphore woken = new Semaphore(0);

  /** Guarded by this, like all that follows. The one that was used longest ago comes first. */
  private final Map<Network, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  private final Queue<Network> queue = new ArrayDeque<>();
  private final Map<DnsResult, Long> lookups = new EnumMap<>(DnsResult.class);
  private long skipped;
  private boolean closed;

  private final LogLimit failureLog = new LogLimit();

  /**
   * Nobody is asked before {@link #start}.
   *
   * @param servers read anew from time to time; one or more
   */
  DnsNames(Supplier<List<InetSocketAddress>> servers) {
    this.servers = servers;
    for (DnsResult result : DnsResult.values()) {
      lookups.put(result, 0L);
    }
  }

  void start() {
    Thread.ofPlatform().daemon().name("names-dns").start(this::run);
  }

  /** The name of an address as far as it is known; null of a network. Never waits. */
  synchronized String name(Network address) {
    if (address.prefixBits() < 2 * Long.SIZE) {
      return null;
    }
    Network key = new Network(address.high(), address.low(), 2 * Long.SIZE, Network.ANY_PORT);
    long nowMs = MonotonicClock.nowMs();
    Entry entry = entries.get(key);
    if (entry == null) {
      if (!hasRoom(nowMs)) {
        skipped++;
        return null;
      }
      entry = new Entry();
      entry.dueMs = nowMs;
      entries.put(key, entry);
    }
    entry.usedMs = nowMs;
    if (!entry.queued && nowMs >= entry.dueMs) {
      entry.queued = true;
      queue.add(key);
      woken.release();
    }
    return entry.name;
  }

  private boolean hasRoom(long nowMs) {
    if (entries.size() < MOST_NAMES) {
      return true;
    }
    Map.Entry<Network, Entry> eldest = entries.entrySet().iterator().next();
    boolean unused = nowMs - eldest.getValue().usedMs > UNUSED_MS && !eldest.getValue().queued;
    return unused && entries.remove(eldest.getKey()) != null;
  }

  /** For the client: the next address to look up, or null if there is none now. */
  synchronized Network next() {
    return queue.poll();
  }

  /** For the client: what became of a question. */
  synchronized void answered(Network address, DnsMessage.Answer answer) {
    lookups.merge(answer.result(), 1L, Long::sum);
    Entry entry = entries.get(address);
    if (entry == null) {
      return;
    }
    long nowMs = MonotonicClock.nowMs();
    long keptMs = ABSENT_MS;
    switch (answer.result()) {
      case FOUND -> {
        entry.name = answer.name();
        keptMs = Math.clamp(answer.ttlSeconds() * 1_000, SHORTEST_TTL_MS, LONGEST_TTL_MS);
      }
      case ABSENT -> entry.name = null;
      case TIMEOUT, REFUSED, MALFORMED -> keptMs = SHORTEST_TTL_MS;
    }
    entry.dueMs = nowMs + keptMs;
    entry.queued = false;
  }

  synchronized DnsStatus status() {
    return new DnsStatus(entries.size(), lookups, skipped);
  }

  private void run() {
    while (!isClosed()) {
      try (DnsClient client = DnsClient.open(servers.get(), this)) {
        // For a while, so that other servers are found when the file has changed.
        client.run();
      } catch (IOException | RuntimeException e) {
        if (failureLog.allows(MonotonicClock.nowMs())) {
          Logger.warn("DNS servers cannot be asked for names: {}", e.getMessage());
        }
        pause(RETRY_MS);
      }
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Waits until there is something to look up, so many milliseconds at most. */
  void awaitWork(long mostMs) {
    if (!hasWork()) {
      pause(mostMs);
    }
  }

  private synchronized boolean hasWork() {
    return !queue.isEmpty();
  }

  private void pause(long mostMs) {
    try {
      if (woken.tryAcquire(mostMs, TimeUnit.MILLISECONDS)) {
        woken.drainPermits();
      }
    } catch (InterruptedException e) {
      close(); // nobody does that
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    woken.release();
  }
}
