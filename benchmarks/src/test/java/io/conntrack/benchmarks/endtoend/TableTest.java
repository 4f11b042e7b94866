package io.conntrack.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TableTest {
  private static final Row ALONE = Row.of("idle", "nothing", "%", Samples.of(0.3)).atMost(0.2);
  private static final Row RATIO =
      Row.of("events", "an event", "us", Samples.of(1.5, 1.1, 1.2))
          .beside("mmsg", Samples.of(1, 0.9, 3))
          .atMost(1.6);

  @Test
  void aRowHasTheMediansTheirRatioAndTheVerdict() {
    assertThat(Table.text(List.of(ALONE, RATIO)))
        .isEqualTo(
            """
            | name        | what     | ours                | yardstick          | ratio  | required       | verdict |
            | ----------- | -------- | ------------------- | ------------------ | ------ | -------------- | ------- |
            | idle        | nothing  | 0.30 %              |                    |        | at most 0.20 % | MISSED  |
            | events/mmsg | an event | 1.20 us (1.10-1.50) | mmsg 1 us (0.90-3) | 1.20 x | at most 1.60 x | reached |
            """);
  }

  @Test
  void theMedianOfAnEvenNumberIsInTheMiddle() {
    assertThat(Samples.of(4, 1, 2, 100).median()).isEqualTo(3);
    assertThatThrownBy(() -> Samples.of()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRowOfARecordHasWhenItWasMeasured() {
    assertThat(Table.ofResults(List.of(new Result("idle", "today, load 0.5", ALONE))))
        .endsWith("| MISSED  | today, load 0.5 |\n");
  }
}
