package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.conntrack.aggregator.ResyncSimulation.Met;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResyncModelTest {
  private static final int SEQUENCES = 3_000;
  private static final int STEPS = 250;

  @Test
  void whateverHappenedTheCountsAreTheKernelsAfterTheNextCleanEpoch() {
    Map<Met, Integer> sequencesThatMet = new EnumMap<>(Met.class);
    for (long seed = 0; seed < SEQUENCES; seed++) {
      ResyncSimulation simulation = new ResyncSimulation(seed);
      if (failureOf(simulation, STEPS) != null) {
        reportShortest(seed);
      }
      simulation.met().forEach(met -> sequencesThatMet.merge(met, 1, Integer::sum));
    }
    System.out.println(sequencesThatMet);
    assertThat(sequencesThatMet).containsOnlyKeys(Met.values());
    assertThat(sequencesThatMet.values()).allSatisfy(n -> assertThat(n).isGreaterThan(100));
  }

  private static void reportShortest(long seed) {
    for (int steps = 0; steps <= STEPS; steps++) {
      ResyncSimulation simulation = new ResyncSimulation(seed);
      Throwable failure = failureOf(simulation, steps);
      if (failure != null) {
        fail(
            "seed=%d fails after steps=%d:%n%s".formatted(seed, steps, simulation.trace()),
            failure);
      }
    }
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
