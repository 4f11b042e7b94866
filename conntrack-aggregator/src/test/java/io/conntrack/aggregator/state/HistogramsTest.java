package io.conntrack.aggregator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HistogramsTest {
  private static final Map<Integer, Long> SOME =
      Map.of(0, 1L, 1, 127L, 2, 128L, 70, 16_384L, 200, Long.MAX_VALUE / 2, 255, 3L);

  private static Map<Integer, Long> columns(Histograms histograms, int row) {
    Map<Integer, Long> columns = new TreeMap<>();
    histograms.forEach(row, columns::put);
    return columns;
  }

  @Test
  void rowsAreWhatWasAdded() {
    Histograms histograms = new Histograms(3);
    new TreeMap<>(SOME).forEach(histograms::add);
    histograms.add(256 - 1, 0);
    histograms.endRow(1.5);
    histograms.endRow(0);
    histograms.add(9, 4);
    histograms.add(10, 5);
    histograms.endRow(-2);

    assertThat(columns(histograms, 0)).isEqualTo(SOME);
    assertThat(columns(histograms, 1)).isEmpty();
    assertThat(columns(histograms, 2)).isEqualTo(Map.of(9, 4L, 10, 5L));
    assertThat(histograms.count(1)).isZero();
    assertThat(histograms.count(2)).isEqualTo(9);
    assertThat(histograms.sum(0)).isEqualTo(1.5);
    assertThat(histograms.sum(2)).isEqualTo(-2);
  }

  @Test
  void rowsOfOthersAreTheSame() {
    Histograms others = new Histograms(2);
    others.endRow(0);
    new TreeMap<>(SOME).forEach(others::add);
    others.endRow(7);
    Histograms histograms = new Histograms(2);
    histograms.addRow(others, 1);
    histograms.addRow(null, 0);

    assertThat(columns(histograms, 0)).isEqualTo(SOME);
    assertThat(histograms.sum(0)).isEqualTo(7);
    assertThat(columns(histograms, 1)).isEmpty();
  }

  @Test
  void allColumnsOfATimingFitIntoAByte() {
    for (Timing timing : Timing.values()) {
      assertThat(timing.columns).isLessThanOrEqualTo(256);
    }
  }
}
