package io.conntrack.exporter.reading;

/**
 * Says when the next resync is due, and why. One runs at a time. They come at an interval, and
 * sooner when asked for.
 *
 * <p>While overruns go on, the pause before each resync grows, so that dumps do not take the time
 * that the events need. All times are milliseconds of one monotonic clock. One thread.
 */
final class ResyncSchedule {
  private static final long FIRST_PAUSE_MS = 100;
  private static final long LONGEST_PAUSE_MS = 5_000;

  /** Trouble that comes this long after the last is new trouble. */
  private static final long TROUBLE_MS = 30_000;

  /** Addresses may come and go many times a second. */
  private static final long CHANGE_PAUSE_MS = 1_000;

  private ResyncReason reason = ResyncReason.START;
  private long dueMs;
  private long begunMs;
  private boolean running;
  private long pauseMs;
  private long troubleMs;

  ResyncSchedule(long nowMs) {
    this.dueMs = nowMs;
    this.begunMs = nowMs - CHANGE_PAUSE_MS;
    this.troubleMs = nowMs - TROUBLE_MS;
  }

  /**
   * The kernel has dropped events: what runs now is spoiled, and a new one is due after a pause.
   */
  void overrun(long nowMs) {
    running = false;
    afterPause(ResyncReason.OVERRUN, nowMs);
  }

  /** A local address came or went. A resync that runs is of use, but not the last word. */
  void addressesChanged(long nowMs) {
    changed(ResyncReason.ADDRESSES, nowMs);
  }

  /** Other rules for endpoints are in force. */
  void rulesChanged(long nowMs) {
    changed(ResyncReason.RULES, nowMs);
  }

  private void changed(ResyncReason what, long nowMs) {
    if (reason == ResyncReason.INTERVAL || running) {
      reason = what;
      dueMs = Math.max(nowMs, begunMs + CHANGE_PAUSE_MS);
    }
  }

  /** A scrape wants the next one now. One that has a better reason keeps it. */
  void scrape() {
    if (reason == ResyncReason.INTERVAL) {
      reason = ResyncReason.SCRAPE;
    }
  }

  /** The resync that ran did not end clean, or it did and made another one useful at once. */
  void retry(long nowMs) {
    running = false;
    afterPause(ResyncReason.RETRY, nowMs);
  }

  private void afterPause(ResyncReason next, long nowMs) {
    boolean continued = nowMs - troubleMs < TROUBLE_MS;
    pauseMs = continued ? Math.clamp(2 * pauseMs, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) : 0;
    troubleMs = nowMs;
    reason = next;
    dueMs = nowMs + pauseMs;
  }

  /**
   * It ended clean. The next is due after the interval, unless there is a reason for an earlier
   * one.
   */
  void succeeded(long nowMs, long intervalMs) {
    running = false;
    if (reason == ResyncReason.INTERVAL) {
      dueMs = nowMs + intervalMs;
    }
  }

  /** Nothing but the interval asks for the next resync, and none runs. */
  boolean isCalm() {
    return !running && reason == ResyncReason.INTERVAL;
  }

  /** The resync that is due is not needed. */
  void postpone(long nowMs, long intervalMs) {
    dueMs = nowMs + intervalMs;
  }

  boolean isRunning() {
    return running;
  }

  boolean isDue(long nowMs) {
    return overdueMs(nowMs) >= 0;
  }

  /** For how long the next resync has been due. Below zero if none is due. */
  long overdueMs(long nowMs) {
    return running ? -1 : nowMs - dueMs;
  }

  /**
   * Begins the resync that is due, and returns its reason. The next is due after the interval,
   * unless told otherwise.
   */
  ResyncReason begin(long nowMs) {
    ResyncReason begun = reason;
    begunMs = nowMs;
    running = true;
    reason = ResyncReason.INTERVAL;
    return begun;
  }

  /** How long until the next is due; -1 while one runs. */
  int waitMs(long nowMs) {
    return running ? -1 : Math.clamp(dueMs - nowMs, 0, Integer.MAX_VALUE);
  }
}
