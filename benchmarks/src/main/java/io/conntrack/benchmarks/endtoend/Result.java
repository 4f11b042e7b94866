package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A row of a run, and under what it was measured.
 *
 * @param measurement the name of the measurement that the row is of
 * @param when the date, the load average of the minute before it was done, and the processor
 */
record Result(String measurement, String when, Row row) {
  private static final int FIELDS = 8;
  private static final String NONE = "-";

  /** The fields with a tab between, as {@link #parse} reads them. */
  String line() {
    return String.join(
        "\t",
        measurement,
        when,
        row.name(),
        row.what(),
        row.unit(),
        line(row.ours()),
        row.isRatio() ? row.yardstick() + "=" + line(row.theirs()) : NONE,
        Double.isNaN(row.required()) ? NONE : Double.toString(row.required()));
  }

  private static String line(Samples samples) {
    return samples == null
        ? NONE
        : Arrays.stream(samples.sorted())
            .mapToObj(value -> String.format(Locale.ROOT, "%.4g", value))
            .collect(Collectors.joining(" "));
  }

  static Result parse(String line) throws IOException {
    String[] fields = line.split("\t", -1);
    if (fields.length != FIELDS) {
      throw new IOException("not " + FIELDS + " fields with a tab between: " + line);
    }
    try {
      boolean isRatio = !fields[6].equals(NONE);
      int equals = fields[6].lastIndexOf('=');
      return new Result(
          fields[0],
          fields[1],
          new Row(
              fields[2],
              fields[3],
              fields[4],
              samples(fields[5]),
              isRatio ? fields[6].substring(0, equals) : null,
              isRatio ? samples(fields[6].substring(equals + 1)) : null,
              fields[7].equals(NONE) ? Double.NaN : Double.parseDouble(fields[7])));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("not a result: " + line, e);
    }
  }

  private static Samples samples(String text) {
    return text.equals(NONE)
        ? null
        : Samples.of(Arrays.stream(text.split(" ", -1)).mapToDouble(Double::parseDouble).toArray());
  }
}
