package io.conntrack.packaging.random;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Runs plan after plan for a time, each of the next seed. {@code CHAOS_PLAN} names one plan, {@code
 * CHAOS_SEED} the first seed, {@code CHAOS_SECONDS} the time.
 */
final class RandomCampaign {
  /** For the program to be right after a step, on a machine that is busy with other things. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final Duration LIMIT_OF_SHRINKING = Duration.ofSeconds(10);
  private static final Duration SHRINKING = Duration.ofMinutes(5);
  private static final String SECONDS = "300";

  private int plans;
  private int steps;
  private final Map<String, Long> seen = new TreeMap<>();

  private RandomCampaign() {}

  public static void main(String[] arguments) {
    String plan = System.getenv("CHAOS_PLAN");
    if (plan != null) {
      Run run = Run.of(Plan.parse(plan), LIMIT);
      System.out.println(Plan.parse(plan).setup().options() + "\n" + run.story());
      run.failure().ifPresent(RandomCampaign::fail);
      return;
    }
    Duration time = Duration.ofSeconds(Long.parseLong(setting("CHAOS_SECONDS", SECONDS)));
    long seed = Long.parseLong(setting("CHAOS_SEED", Long.toString(freshSeed())));
    Optional<String> finding = run(seed, time, SHRINKING);
    finding.ifPresent(RandomCampaign::fail);
  }

  static long freshSeed() {
    return System.nanoTime() >>> 16 & 0xffff_ffffL;
  }

  private static void fail(Object finding) {
    System.out.println(finding);
    System.exit(1);
  }

  private static String setting(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }

  /** Runs plans, and returns the first that fails, shrunk, with what went wrong. */
  static Optional<String> run(long firstSeed, Duration time, Duration shrinking) {
    RandomCampaign campaign = new RandomCampaign();
    long endNs = System.nanoTime() + time.toNanos();
    long seed = firstSeed;
    while (System.nanoTime() < endNs) {
      Plan plan = Plan.of(seed);
      Run run = Run.of(plan, LIMIT);
      campaign.plans++;
      campaign.steps += run.steps();
      run.seen.forEach((what, flows) -> campaign.seen.merge(what, flows, Long::sum));
      if (run.failure().isPresent()) {
        System.out.println("seed " + seed + " fails: " + run.failure().get());
        System.out.println(run.story());
        return Optional.of(Shrinking.of(plan, run, LIMIT_OF_SHRINKING, shrinking));
      }
      seed++;
    }
    System.out.printf(
        "random operations: seeds %d to %d, %,d steps in %,d plans, all right%n",
        firstSeed, seed - 1, campaign.steps, campaign.plans);
    System.out.println("flows, by what happened to them: " + campaign.seen);
    return Optional.empty();
  }
}
