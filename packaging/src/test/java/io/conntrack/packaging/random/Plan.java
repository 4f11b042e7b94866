package io.conntrack.packaging.random;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a seed makes: options, and steps. Each step draws from a seed of its own, so that it means
 * something without those before it, and any part of a plan is a plan.
 *
 * @param steps in their order
 */
record Plan(long seed, Setup setup, List<Step> steps) {
  private static final int STEPS = 25;
  private static final int PLANS_TO_A_FULL_TABLE = 16;

  /** One operation; {@code index} tells it from the others of its plan. */
  record Step(int index, Operation operation, long seed) {}

  static Plan of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Setup setup = Setup.of(random);
    List<Step> steps =
        IntStream.range(0, STEPS)
            .mapToObj(index -> new Step(index, operation(random), random.nextLong()))
            .collect(Collectors.toCollection(ArrayList::new));
    if (seed % PLANS_TO_A_FULL_TABLE == 0) {
      steps.set(STEPS - 1, new Step(STEPS - 1, Operation.FULL, random.nextLong()));
    }
    return new Plan(seed, setup, List.copyOf(steps));
  }

  private static Operation operation(SplittableRandom random) {
    Operation[] all = Operation.values();
    int drawn = random.nextInt(Arrays.stream(all).mapToInt(each -> each.weight).sum());
    int i = 0;
    while (drawn >= all[i].weight) {
      drawn -= all[i++].weight;
    }
    return all[i];
  }

  /** Reads what {@link #toString} writes: a seed, or a seed and the steps that are left. */
  static Plan parse(String text) {
    String[] parts = text.split(":", 2);
    Plan whole = of(Long.parseLong(parts[0]));
    if (parts.length == 1) {
      return whole;
    }
    List<Step> kept = new ArrayList<>();
    if (parts[1].isEmpty()) {
      return whole.with(kept);
    }
    for (String index : parts[1].split(",", -1)) {
      kept.add(whole.steps.get(Integer.parseInt(index)));
    }
    return whole.with(kept);
  }

  Plan with(List<Step> others) {
    return new Plan(seed, setup, List.copyOf(others));
  }

  @Override
  public String toString() {
    return seed
        + steps.stream()
            .map(step -> Integer.toString(step.index()))
            .collect(Collectors.joining(",", ":", ""));
  }
}
