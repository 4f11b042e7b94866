package io.conntrack.benchmarks;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.conntrack.aggregator.snapshot.SnapshotExchange;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The one publication between threads: what {@link SnapshotExchange} says of its order, under
 * stress.
 *
 * <p>Messages are applied and counted. Who asks for the count knows how many were applied before it
 * asked, and looks at what it gets. Two actors a test, so that it runs on two processors.
 */
public final class SnapshotExchangeStress {
  private static final int FRESH = 1;
  private static final int STALE = 2;
  private static final int TORN = 3;
  private static final int NEVER_SERVED = 4;

  private static final long DEADLINE_MS = 5_000;

  private SnapshotExchangeStress() {}

  /** Plain fields, not final: seen whole only if they are published safely. */
  private static final class Count {
    int first;
    int second;

    Count(int applied) {
      first = applied;
      second = applied;
    }
  }

  private static int ask(SnapshotExchange<Count> exchange, int appliedBefore) {
    try {
      Count count = exchange.await(DEADLINE_MS);
      int first = count.first;
      if (first != count.second) {
        return TORN;
      }
      return first >= appliedBefore ? FRESH : STALE;
    } catch (TimeoutException | InterruptedException e) {
      return NEVER_SERVED;
    }
  }

  /** A reader that goes on applying messages and delivers when it is woken, and one who asks. */
  @JCStressTest
  @Outcome(
      id = "1",
      expect = ACCEPTABLE,
      desc = "The snapshot was whole and taken after it was asked for.")
  @Outcome(id = "2", expect = FORBIDDEN, desc = "The snapshot was older than its request.")
  @Outcome(id = "3", expect = FORBIDDEN, desc = "The snapshot was seen half written.")
  @Outcome(id = "4", expect = FORBIDDEN, desc = "The request got lost: nobody woke the reader.")
  @State
  public static class ReaderAndAsker {
    private final SnapshotExchange<Count> exchange = new SnapshotExchange<>(() -> woken = true);
    private volatile boolean woken;
    private volatile int applied;
    private volatile boolean served;

    @Actor
    public void reader() {
      for (int messages = 1; !served; messages++) {
        applied = messages;
        if (woken) {
          woken = false; // Before it delivers, as SnapshotExchange demands.
          exchange.deliver(() -> new Count(applied));
        }
        Thread.onSpinWait();
      }
    }

    @Actor
    public void asker(I_Result result) {
      result.r1 = ask(exchange, applied);
      served = true;
    }
  }

  /**
   * Two who ask at once. Whoever wakes the reader stands in for it, so that the other may join the
   * request at any moment of the delivery, or come too late and make one of its own.
   */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = ACCEPTABLE,
      desc = "Both got a whole snapshot, taken after they had asked.")
  @Outcome(
      id = {"2, .*", ".*, 2"},
      expect = FORBIDDEN,
      desc = "Who joined a request got a snapshot that was taken before.")
  @Outcome(
      id = {"3, .*", ".*, 3"},
      expect = FORBIDDEN,
      desc = "A snapshot was seen half written.")
  @Outcome(
      id = {"4, .*", ".*, 4"},
      expect = FORBIDDEN,
      desc = "A request got lost: it was taken out and not answered, or overwritten.")
  @State
  public static class TwoAskers {
    private final AtomicInteger applied = new AtomicInteger();
    private final SnapshotExchange<Count> exchange = new SnapshotExchange<>(this::deliver);

    private void deliver() {
      exchange.deliver(() -> new Count(applied.get()));
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = ask(exchange, applied.incrementAndGet());
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = ask(exchange, applied.incrementAndGet());
    }
  }
}
