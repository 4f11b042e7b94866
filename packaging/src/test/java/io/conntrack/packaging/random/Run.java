package io.conntrack.packaging.random;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One plan from its start to its end, or to the first step after which something is wrong. */
final class Run {
  private final List<String> did = new ArrayList<>();
  private Throwable failure;

  private Run() {}

  /** {@code limit}: how long the program may take to be right again after a step. */
  static Run of(Plan plan, Duration limit) {
    Run run = new Run();
    try (World world = new World(plan)) {
      Check check = new Check(world);
      check.await(limit);
      for (Plan.Step step : plan.steps()) {
        run.did.add(step.index() + " " + step.operation());
        run.did.set(run.did.size() - 1, step.index() + " " + world.take(step));
        check.await(limit);
      }
    } catch (RuntimeException | AssertionError e) {
      run.failure = e;
    }
    return run;
  }

  Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** How many steps it came to. */
  int steps() {
    return did.size();
  }

  /** What was done, a line a step. */
  String story() {
    return String.join("\n", did);
  }
}
