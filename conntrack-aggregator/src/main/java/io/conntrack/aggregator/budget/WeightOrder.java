package io.conntrack.aggregator.budget;

import java.util.Arrays;

/**
 * Collects numbers, each with a weight of zero or more, and gives them in the order of the weights.
 */
final class WeightOrder {
  private long[] entries = new long[64];
  private int size;

  void add(float weight, int number) {
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, 2 * size);
    }
    // The bits of floats of zero or more have the order of the floats.
    entries[size++] = (long) Float.floatToRawIntBits(weight) << Integer.SIZE | number;
  }

  int[] lightestFirst() {
    Arrays.sort(entries, 0, size);
    return Arrays.stream(entries, 0, size).mapToInt(entry -> (int) entry).toArray();
  }

  int[] heaviestFirst() {
    int[] numbers = lightestFirst();
    for (int i = 0, j = size - 1; i < j; i++, j--) {
      int lighter = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = lighter;
    }
    return numbers;
  }
}
