package io.conntrack.exporter.terms;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogLimitTest {
  private final LogLimit limit = new LogLimit();

  @Test
  void theFirstLineIsLoggedWheneverItComes() {
    assertThat(limit.allows(-5)).isTrue();
  }

  @Test
  void ofManyLinesOneAMinuteIsLogged() {
    int logged = 0;
    for (int second = 0; second < 600; second++) {
      logged += limit.allows(second * 1_000L) ? 1 : 0;
    }
    assertThat(logged).isEqualTo(10);
  }
}
