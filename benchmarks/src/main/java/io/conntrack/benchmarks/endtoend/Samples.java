package io.conntrack.benchmarks.endtoend;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/** What was measured, once or several times. Immutable. */
final class Samples {
  private final double[] sorted;

  private Samples(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    this.sorted = values.clone();
    Arrays.sort(sorted);
  }

  static Samples of(double... values) {
    return new Samples(values);
  }

  double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** From the least to the greatest. */
  double[] sorted() {
    return sorted.clone();
  }

  /** All values in another unit. */
  Samples map(DoubleUnaryOperator conversion) {
    return new Samples(Arrays.stream(sorted).map(conversion).toArray());
  }

  /** The median and, of several, the least and the greatest: {@code 1.20 us (1.15-1.31)}. */
  String text(String unit) {
    String median = text(median()) + " " + unit;
    return sorted.length == 1
        ? median
        : median + " (" + text(sorted[0]) + "-" + text(sorted[sorted.length - 1]) + ")";
  }

  /** With two digits or more. */
  static String text(double value) {
    int decimals =
        value == Math.rint(value) || value >= 100 ? 0 : value >= 10 ? 1 : value < 0.1 ? 3 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
