package io.conntrack.exporter.exposition;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts the scrapes of this process, and bounds how many there are at once. A scrape counts when
 * its answer is sent, so it does not show itself. Any thread may call.
 */
public final class Scrapes {
  /** Why a request is refused; with 503 where nothing else is said. */
  public enum Rejection {
    /** Other scrapes kept the exporter busy for too long. */
    BUSY,

    /** More scrapes at once than {@code --web.max-requests} allows. */
    MAX_REQUESTS,

    /** The Java heap has no room for the answer. */
    NO_MEMORY,

    /** No thread can be had. The request has no answer. */
    NO_THREAD,

    /** More requests than {@code rate_limit} of the web configuration file allows: 429. */
    RATE_LIMIT,

    /** Answers that slow clients have not read take all the memory that answers may have. */
    SLOW_CLIENTS,

    /** No password, or a wrong one: 401. */
    UNAUTHORIZED,

    /** Too many wrong passwords from one address: 429. */
    WRONG_PASSWORDS;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final int most;

  // Guarded by this.
  private final Map<Integer, Long> byCode = new TreeMap<>(Map.of(200, 0L, 500, 0L, 503, 0L));
  private final Map<Rejection, Long> rejected = new EnumMap<>(Rejection.class);
  private int inFlight;
  private long sentBytes;
  private long durationNs;

  /**
   * Counts from zero.
   *
   * @param most how many scrapes there may be at once; 0 is no limit
   */
  public Scrapes(int most) {
    this.most = most == 0 ? Integer.MAX_VALUE : most;
    for (Rejection reason : Rejection.values()) {
      rejected.put(reason, 0L);
    }
  }

  /** How many there may be at once. */
  public int most() {
    return most;
  }

  /**
   * Begins a scrape, and returns whether it is to be answered. {@link #end} ends it in any case.
   */
  public synchronized boolean begin() {
    inFlight++;
    if (inFlight > most) {
      reject(Rejection.MAX_REQUESTS);
    }
    return inFlight <= most;
  }

  /** Counts a request that is refused. */
  public synchronized void reject(Rejection reason) {
    rejected.merge(reason, 1L, Long::sum);
  }

  /**
   * Ends a scrape.
   *
   * @param code the status of its answer
   * @param bytes how long the body was, if all of it was sent
   * @param ns how long the scrape took
   */
  public synchronized void end(int code, long bytes, long ns) {
    inFlight--;
    byCode.merge(code, 1L, Long::sum);
    sentBytes += bytes;
    durationNs += ns;
  }

  /** All counts at one moment. */
  record State(
      Map<Integer, Long> byCode,
      Map<Rejection, Long> rejected,
      int inFlight,
      long sentBytes,
      long durationNs) {

    long count() {
      return byCode.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  synchronized State state() {
    return new State(
        new TreeMap<>(byCode), new EnumMap<>(rejected), inFlight, sentBytes, durationNs);
  }
}
