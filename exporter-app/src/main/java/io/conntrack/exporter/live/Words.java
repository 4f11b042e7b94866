package io.conntrack.exporter.live;

import java.util.Locale;

/**
 * Numbers as a person reads them, on the page and in a terminal. The page's script writes them in
 * the same way.
 */
public final class Words {
  private static final double KILO = 1000;
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};
  private static final double LAST_WITH_ONE_DIGIT = 100;
  private static final double FEW = 10;
  private static final double FEWEST = 0.1;
  private static final String UNKNOWN = "–";

  private Words() {}

  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** NaN if it is not known. */
  public static String rate(double perSecond) {
    if (Double.isNaN(perSecond)) {
      return UNKNOWN;
    }
    if (perSecond == 0) {
      return "0";
    }
    String form = perSecond < FEWEST ? "%.2f" : perSecond < FEW ? "%.1f" : "%,.0f";
    return String.format(Locale.ROOT, form, perSecond);
  }

  /** NaN if it is not known. */
  public static String bytes(double perSecond) {
    if (Double.isNaN(perSecond)) {
      return UNKNOWN;
    }
    double value = perSecond;
    int unit = 0;
    while (value >= KILO && unit < UNITS.length - 1) {
      value /= KILO;
      unit++;
    }
    String form = unit > 0 && value < LAST_WITH_ONE_DIGIT ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, form, value, UNITS[unit]);
  }

  /** NaN if it is not known; infinite if it is longer than was measured. */
  public static String seconds(double value) {
    if (!Double.isFinite(value)) {
      return UNKNOWN;
    }
    if (value < 1 / KILO) {
      return String.format(Locale.ROOT, "%.0f µs", value * KILO * KILO);
    }
    return value < 1
        ? String.format(Locale.ROOT, "%s ms", threeDigits(value * KILO))
        : String.format(Locale.ROOT, "%s s", threeDigits(value));
  }

  private static String threeDigits(double value) {
    String form = value < FEW ? "%.2f" : value < LAST_WITH_ONE_DIGIT ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, form, value);
  }

  /** Text that is text in HTML, also within quotation marks. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
