package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.conntrack.aggregator.ResyncSimulation.Met;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * DESIGN.md's promises, on thousands of random sequences; what is checked is ResyncSimulation's.
 */
class ResyncModelTest {
  private static final int SEQUENCES = 3_000;
  private static final int STEPS = 250;

  @Test
  void whateverHappenedTheCountsAreTheKernelsAfterTheNextCleanEpoch() {
    Map<Met, Integer> sequencesThatMet = new EnumMap<>(Met.class);
    for (long seed = 0; seed < SEQUENCES; seed++) {
      ResyncSimulation simulation = new ResyncSimulation(seed);
      Throwable failure = failureOf(simulation, STEPS);
      if (failure != null) {
        reportShortest(seed, failure);
      }
      simulation.met().forEach(met -> sequencesThatMet.merge(met, 1, Integer::sum));
    }
    assertThat(sequencesThatMet).containsOnlyKeys(Met.values());
    assertThat(sequencesThatMet.values()).allSatisfy(n -> assertThat(n).isGreaterThan(10));
  }

  /** Every prefix of a sequence is a sequence: it ends with a resync at rest. */
  private static void reportShortest(long seed, Throwable first) {
    for (int steps = 0; steps <= STEPS; steps++) {
      ResyncSimulation simulation = new ResyncSimulation(seed);
      Throwable failure = failureOf(simulation, steps);
      if (failure != null) {
        fail(
            "seed=%d fails after steps=%d:%n%s".formatted(seed, steps, simulation.trace()),
            failure);
      }
    }
    fail("seed=%d failed once, but not again; hash keys are random".formatted(seed), first);
  }

  private static Throwable failureOf(ResyncSimulation simulation, int steps) {
    try (simulation) {
      simulation.run(steps);
      return null;
    } catch (AssertionError | RuntimeException e) {
      return e;
    }
  }
}
