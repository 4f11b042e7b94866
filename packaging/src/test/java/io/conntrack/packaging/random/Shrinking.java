package io.conntrack.packaging.random;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Leaves out steps of a plan as long as what is left still fails, for a bounded time. */
final class Shrinking {
  private final long endNs;
  private final Duration limit;
  private Plan shortest;
  private Run run;

  private Shrinking(Plan plan, Run run, Duration limit, Duration atMost) {
    this.shortest = plan.with(plan.steps().subList(0, run.steps()));
    this.run = run;
    this.limit = limit;
    this.endNs = System.nanoTime() + atMost.toNanos();
  }

  /** What is left, and how it failed, in words. */
  static String of(Plan plan, Run failed, Duration limit, Duration atMost) {
    Shrinking shrinking = new Shrinking(plan, failed, limit, atMost);
    shrinking.shrink();
    return """
    seed %s fails; run it again with CHAOS_PLAN=%s
    options: %s
    steps:
    %s
    %s\
    """
        .formatted(
            plan.seed(),
            shrinking.shortest,
            plan.setup().options(),
            shrinking.run.story(),
            shrinking.run.failure().orElseThrow());
  }

  /** Halves first, then smaller parts: the last step is the one that shows the fault. */
  private void shrink() {
    int part = Math.max(1, shortest.steps().size() / 2);
    while (part >= 1) {
      boolean shorter = false;
      int from = 0;
      while (from < shortest.steps().size() && System.nanoTime() < endNs) {
        if (failsWithout(from, Math.min(from + part, shortest.steps().size()))) {
          shorter = true;
        } else {
          from += part;
        }
      }
      part = shorter && part == 1 ? 1 : part / 2;
    }
  }

  private boolean failsWithout(int from, int to) {
    List<Plan.Step> rest = new ArrayList<>(shortest.steps());
    rest.subList(from, to).clear();
    Plan candidate = shortest.with(rest);
    Run tried = Run.of(candidate, limit);
    if (tried.failure().isEmpty()) {
      return false;
    }
    shortest = candidate.with(candidate.steps().subList(0, tried.steps()));
    run = tried;
    return true;
  }
}
