package io.conntrack.packaging.random;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One plan from its start to its end, or to the first step after which something is wrong. */
final class Run {
  private final List<String> did = new ArrayList<>();

  /** How many flows had what happen to them, in a plan that was right to its end. */
  final Map<String, Long> seen = new TreeMap<>();

  private int steps;
  private Throwable failure;

  private Run() {}

  /** {@code limit}: how long the program may take to be right again after a step. */
  static Run of(Plan plan, Duration limit) {
    Run run = new Run();
    try (World world = new World(plan)) {
      run.take(plan, world, limit);
    } catch (RuntimeException | AssertionError e) {
      run.failure = run.failure == null ? e : run.failure;
    }
    return run;
  }

  private void take(Plan plan, World world, Duration limit) {
    Check check = new Check(world);
    try {
      check.await(limit);
      for (Plan.Step step : plan.steps()) {
        steps++;
        did.add(step.index() + " " + step.operation());
        did.set(did.size() - 1, step.index() + " " + world.take(step));
        check.await(limit);
      }
      world.places.forEach(
          place -> place.seen.forEach((what, flows) -> seen.merge(what, flows, Long::sum)));
    } catch (RuntimeException | AssertionError e) {
      List<String> log = world.program.log();
      did.add("the program's log ends: " + log.subList(Math.max(0, log.size() - 5), log.size()));
      failure = e;
    }
  }

  Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** How many steps it came to. */
  int steps() {
    return steps;
  }

  /** What was done, a line a step. */
  String story() {
    return String.join("\n", did);
  }
}
