package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.BudgetSimulation.Met;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Endpoints that come in and leave, on random sequences; what is checked is BudgetSimulation's. */
class BudgetModelTest {
  private static final int SEQUENCES = 40;
  private static final int STEPS = 10_000;

  @Test
  void whoeverComesAndLeavesEachSeriesIsWholeAndSumsAreExact() {
    Map<Met, Integer> sequencesThatMet = new EnumMap<>(Met.class);
    for (long seed = 0; seed < SEQUENCES; seed++) {
      try (BudgetSimulation simulation = new BudgetSimulation(seed)) {
        simulation.run(STEPS);
        simulation.met().forEach(met -> sequencesThatMet.merge(met, 1, Integer::sum));
      } catch (AssertionError e) {
        throw new AssertionError("seed=" + seed, e);
      }
    }
    assertThat(sequencesThatMet).containsOnlyKeys(Met.values());
    assertThat(sequencesThatMet.values()).allSatisfy(n -> assertThat(n).isGreaterThan(3));
  }
}
