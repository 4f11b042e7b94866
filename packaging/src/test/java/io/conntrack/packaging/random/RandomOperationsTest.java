package io.conntrack.packaging.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The short form of {@link RandomCampaign}: another seed each time. What it finds is real, and the
 * message tells how to have it again.
 */
@KernelTest
final class RandomOperationsTest {
  private static final Duration TIME = Duration.ofSeconds(30);
  private static final Duration SHRINKING = Duration.ofMinutes(1);

  @Test
  void theProgramShowsWhatTheKernelHasAndWhatTheModelCounted() {
    assertThat(RandomCampaign.run(RandomCampaign.freshSeed(), TIME, SHRINKING)).isEmpty();
  }

  @Test
  void aPlanIsReadBackAsItIsWritten() {
    Plan plan = Plan.of(7);
    Plan part = plan.with(plan.steps().subList(3, 9));
    assertThat(Plan.parse(plan.toString())).isEqualTo(plan);
    assertThat(Plan.parse(part.toString())).isEqualTo(part);
    assertThat(Plan.parse("7")).isEqualTo(plan);
  }
}
