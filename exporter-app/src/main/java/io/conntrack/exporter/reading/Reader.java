package io.conntrack.exporter.reading;

import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.SnapshotExchange;
import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.kernel.ReceiveBufferRules;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.rules.RuleDoubts;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.exporter.terms.Protocols;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Wakeup;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.tinylog.Logger;

/**
 * The reading thread: runs a {@link ReadingRound} until it is closed, and hands observations to
 * whoever asks. Any thread may use it.
 */
public final class Reader implements ObservationSource, AutoCloseable {
  /** With nothing to do, the reader still shows that it moves. */
  private static final int LONGEST_WAIT_MS = 3_000;

  private final Configuration configuration;
  private final RulesFile rules;
  private final OutputStream eventOutput;

  /** Where the service manager says how it wants to be told. */
  private final Map<String, String> environment;

  private final Wakeup wakeup;
  private final SnapshotExchange<Observation> exchange;

  /** For those who want no resync first. */
  private final SnapshotExchange<Observation> glances;

  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Thread thread = new Thread(this::run, "reader");

  /** Of the reading thread, like what is kept, which outlives a failure. */
  private final FailureLimit failures = new FailureLimit();

  private final KeptCounters kept = new KeptCounters();

  /**
   * Why there is nothing true to show, or null. The reading thread writes it, all threads that ask
   * read it.
   */
  private volatile String unready = "The first resync with the kernel is not done yet.";

  /** When the reading thread took its last turn, or paused after a failure. */
  private volatile long movedMs = MonotonicClock.nowMs();

  /** The thread that closes sets it once. The reading thread looks at it after each turn. */
  private volatile boolean closing;

  private Reader(
      Configuration configuration,
      RulesFile rules,
      OutputStream eventOutput,
      Map<String, String> environment,
      Wakeup wakeup) {
    this.configuration = configuration;
    this.rules = rules;
    this.eventOutput = eventOutput;
    this.environment = environment;
    this.wakeup = wakeup;
    this.exchange = new SnapshotExchange<>(wakeup::signal);
    this.glances = new SnapshotExchange<>(wakeup::signal);
  }

  /**
   * Starts reading; returns when it has subscribed, before the first resync.
   *
   * @param rules followed from now on; the caller's to close
   * @param eventOutput where events are logged, if the configuration says so; not closed
   * @param environment of the process, for {@link Supervision}
   */
  public static Reader start(
      Configuration configuration,
      RulesFile rules,
      OutputStream eventOutput,
      Map<String, String> environment)
      throws ConntrackException {
    Reader reader = new Reader(configuration, rules, eventOutput, environment, Wakeup.open());
    reader.thread.start();
    try {
      reader.opened.join();
      rules.follow(reader.wakeup::signal, doubts(configuration));
      return reader;
    } catch (CompletionException e) {
      reader.close();
      if (e.getCause() instanceof ConntrackException refused) {
        throw refused;
      }
      throw e;
    }
  }

  private static RuleDoubts doubts(Configuration configuration) {
    return new RuleDoubts(
        new Protocols(configuration.protocols()).numbers(),
        configuration.loggedEvents().format() != EventLogFormat.NONE,
        configuration.sources() != SourceView.NONE);
  }

  /** Reads the kernel's table once, on the calling thread. */
  public static Observation once(Configuration configuration, RulesFile rules)
      throws ConntrackException {
    try (Wakeup wakeup = Wakeup.open();
        KeptCounters kept = new KeptCounters();
        ReadingRound round = new ReadingRound(configuration, rules, wakeup, kept, null)) {
      while (!round.isSynced()) {
        round.turn(Integer.MAX_VALUE);
      }
      return round.observe();
    }
  }

  private void run() {
    try {
      // One log, however often the sources are opened: a log that its stream holds up would stay
      // so.
      try (EventLog eventLog = EventLog.start(configuration.loggedEvents(), eventOutput);
          Supervision supervision = Supervision.open(environment)) {
        while (!closing) {
          readUntilFailure(eventLog, supervision);
        }
      }
      ended.complete(null);
    } catch (Throwable t) {
      opened.completeExceptionally(t);
      ended.completeExceptionally(t);
    } finally {
      kept.close();
    }
  }

  /**
   * A failure ends the reader if it comes before the start is over, is lasting, or comes too often.
   * Else the reader goes on.
   */
  private void readUntilFailure(EventLog eventLog, Supervision supervision)
      throws ConntrackException {
    try {
      read(eventLog, supervision);
    } catch (ConntrackException | RuntimeException | Error e) {
      long pauseMs = failures.failed(MonotonicClock.nowMs());
      boolean lasting = e instanceof ConntrackException refused && refused.isLasting();
      if (!opened.isDone() || lasting || pauseMs < 0) {
        throw e;
      }
      unready = "The reader failed and starts again: " + e.getMessage();
      kept.own().failure();
      log(e, pauseMs);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMs));
      movedMs = MonotonicClock.nowMs();
    }
  }

  /**
   * A message tells all about what the system refused. A fault of our own needs its stack trace.
   */
  private static void log(Throwable failure, long pauseMs) {
    String text = "The reader failed and starts again in {} ms: {}";
    if (failure instanceof ConntrackException) {
      Logger.error(text, pauseMs, failure.getMessage());
    } else {
      Logger.error(failure, text, pauseMs, failure.getMessage());
    }
  }

  private void read(EventLog eventLog, Supervision supervision) throws ConntrackException {
    try (ReadingRound round = new ReadingRound(configuration, rules, wakeup, kept, eventLog)) {
      if (configuration.events()) {
        logReceiveBuffer(round.loops().getFirst().sources().events.receiveBufferBytes());
      }
      opened.complete(null);
      readUntilClosed(round, supervision);
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof ConntrackException failed) {
        throw failed;
      }
      throw e;
    }
  }

  /** What the system refuses leaves the flows as they are. After a fault of our own, who knows. */
  private void readUntilClosed(ReadingRound round, Supervision supervision)
      throws ConntrackException {
    try {
      while (!closing) {
        round.turn(Math.min(LONGEST_WAIT_MS, supervision.longestWaitMs()));
        movedMs = MonotonicClock.nowMs();
        if (round.isSynced()) {
          unready = null;
        }
        supervision.turned(round.isSynced(), MonotonicClock.nowMs());
        if (exchange.requested() && round.isReadyToObserve()) {
          exchange.deliver(() -> observe(round));
        }
        if (glances.requested() && round.isSynced()) {
          glances.deliver(() -> observe(round));
        }
      }
    } catch (ConntrackException | UncheckedIOException e) {
      round.keepFlows();
      throw e;
    }
  }

  private void logReceiveBuffer(long obtainedBytes) {
    Logger.info(
        "Listening to events. The receive buffer has room for some {} of them ({} KiB)",
        obtainedBytes / ReceiveBufferRules.BYTES_PER_EVENT,
        obtainedBytes >> 10);
    if (!ReceiveBufferRules.isGranted(configuration.netlinkBufferBytes(), obtainedBytes)) {
      Logger.warn(
          "The kernel gave less than --netlink-buffer={}. Without CAP_NET_ADMIN in the"
              + " host's user namespace, net.core.rmem_max is the limit. Bursts of events may"
              + " cost resyncs",
          configuration.netlinkBufferBytes());
    }
  }

  private static Observation observe(ReadingRound round) {
    try {
      return round.observe();
    } catch (ConntrackException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Observation await(Duration timeout) throws UnavailableException {
    return await(exchange, timeout);
  }

  @Override
  public Observation glance(Duration timeout) throws UnavailableException {
    return await(glances, timeout);
  }

  private Observation await(SnapshotExchange<Observation> from, Duration timeout)
      throws UnavailableException {
    if (ended.isDone()) {
      throw new UnavailableException("The reader has ended. The log says why.");
    }
    String reason = unready;
    if (reason != null) {
      throw new UnavailableException(reason);
    }
    try {
      return from.await(timeout.toMillis());
    } catch (TimeoutException e) {
      throw new UnavailableException(
          "The reader took no snapshot within " + timeout.toSeconds() + " s.");
    } catch (IllegalStateException e) {
      throw new UnavailableException("The reader failed: " + e.getCause().getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("Interrupted while waiting for a snapshot.");
    }
  }

  @Override
  public Duration stillFor() {
    return Duration.ofMillis(MonotonicClock.nowMs() - movedMs);
  }

  /**
   * Completes when the reader ends: with the failure that ended it, or without one when it was
   * closed.
   */
  public CompletableFuture<Void> ended() {
    return ended;
  }

  /** Ends the thread and waits until it has closed its sockets. */
  @Override
  public void close() {
    closing = true;
    wakeup.signal();
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    wakeup.close();
  }
}
