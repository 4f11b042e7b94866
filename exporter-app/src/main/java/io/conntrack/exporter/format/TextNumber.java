package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;

/** Writes numbers in decimal, without an object. */
final class TextNumber {
  /** Ends the name of a series that tells since when a counter counts. */
  static final String CREATED = "_created";

  private static final byte[] AFTER_SECONDS = ".000\n".getBytes(US_ASCII);

  private TextNumber() {}

  static int digits(long number) {
    int digits = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }

  static void put(long number, ByteBuffer out) {
    int end = out.position() + digits(number);
    long rest = number;
    for (int i = end - 1; i >= out.position(); i--) {
      out.put(i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
    out.position(end);
  }

  static int timestampBytes(long seconds) {
    return digits(seconds) + AFTER_SECONDS.length;
  }

  /** As OpenMetrics has it, with the end of the line. */
  static void putTimestamp(long seconds, ByteBuffer out) {
    put(seconds, out);
    out.put(AFTER_SECONDS);
  }
}
