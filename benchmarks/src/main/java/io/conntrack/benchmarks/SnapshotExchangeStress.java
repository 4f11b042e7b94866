package io.conntrack.benchmarks;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.conntrack.aggregator.SnapshotExchange;
import java.util.concurrent.TimeoutException;
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
 * <p>The reader applies a message, then delivers, if it was woken, and so on until everyone has
 * been served. Who asks notes how many messages were applied before it asked, and looks at what it
 * gets.
 */
public final class SnapshotExchangeStress {
  private static final int FRESH = 1;
  private static final int STALE = 2;
  private static final int TORN = 3;
  private static final int NEVER_SERVED = 4;

  private static final long DEADLINE_MS = 5_000;

  private SnapshotExchangeStress() {}

  /** Plain fields, written one after the other: whole only if it was published safely. */
  private static final class Numbers {
    int first;
    int second;

    Numbers(int applied) {
      first = applied;
      second = applied;
    }
  }

  /** A reader and what wakes it, as an eventfd does. */
  private static final class Reader {
    final SnapshotExchange<Numbers> exchange = new SnapshotExchange<>(() -> woken = true);

    private volatile boolean woken;
    private volatile int applied;
    private volatile int served;

    /** Applies and delivers until so many have been served. */
    void run(int askers) {
      int messages = 0;
      while (served != (1 << askers) - 1) {
        applied = ++messages;
        if (woken) {
          woken = false; // Before it delivers: whoever wakes it from now on is served next time.
          int taken = messages;
          exchange.deliver(() -> new Numbers(taken));
        }
        Thread.onSpinWait();
      }
    }

    int ask(int asker) {
      int before = applied;
      try {
        Numbers numbers = exchange.await(DEADLINE_MS);
        int first = numbers.first;
        if (first != numbers.second) {
          return TORN;
        }
        return first >= before ? FRESH : STALE;
      } catch (TimeoutException | InterruptedException e) {
        return NEVER_SERVED;
      } finally {
        serve(asker);
      }
    }

    private synchronized void serve(int asker) {
      served |= 1 << asker;
    }
  }

  /** One who asks again and again. */
  @JCStressTest
  @Outcome(
      id = "1",
      expect = ACCEPTABLE,
      desc = "Every snapshot was whole and taken after it was asked for.")
  @Outcome(id = "2", expect = FORBIDDEN, desc = "A snapshot was older than its request.")
  @Outcome(id = "3", expect = FORBIDDEN, desc = "A snapshot was seen half written.")
  @Outcome(id = "4", expect = FORBIDDEN, desc = "A request got lost: the reader was never woken.")
  @State
  public static class OneAsks {
    private final Reader reader = new Reader();

    @Actor
    public void reader() {
      reader.run(1);
    }

    @Actor
    public void asker(I_Result result) {
      result.r1 = reader.ask(0);
    }
  }

  /** Two at once, who may share a snapshot or get one each. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = ACCEPTABLE,
      desc = "Both got a whole snapshot, taken after they had asked.")
  @Outcome(id = "2, .|., 2", expect = FORBIDDEN, desc = "A snapshot was older than its request.")
  @Outcome(id = "3, .|., 3", expect = FORBIDDEN, desc = "A snapshot was seen half written.")
  @Outcome(id = "4, .|., 4", expect = FORBIDDEN, desc = "A request got lost.")
  @State
  public static class TwoAsk {
    private final Reader reader = new Reader();

    @Actor
    public void reader() {
      reader.run(2);
    }

    @Actor
    public void oneAsker(II_Result result) {
      result.r1 = reader.ask(0);
    }

    @Actor
    public void otherAsker(II_Result result) {
      result.r2 = reader.ask(1);
    }
  }
}
