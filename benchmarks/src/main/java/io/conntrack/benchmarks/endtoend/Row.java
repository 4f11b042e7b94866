package io.conntrack.benchmarks.endtoend;

/**
 * A line of the table: what the built program takes, alone or beside another in the same run.
 *
 * @param name under which it is recorded: the measurement's, and the yardstick's if there is one
 * @param what what is measured
 * @param unit of both samples
 * @param ours the built program's
 * @param yardstick what it is compared with, or null where a figure stands for itself
 * @param theirs the yardstick's; null where there is none, or it could not be had
 * @param required the most that {@link #value} may be; NaN where nothing is required
 */
record Row(
    String name,
    String what,
    String unit,
    Samples ours,
    String yardstick,
    Samples theirs,
    double required) {

  /** A figure that stands for itself. */
  static Row of(String name, String what, String unit, Samples ours) {
    return new Row(name, what, unit, ours, null, null, Double.NaN);
  }

  /** The same beside another's figure, or beside null if that one is not here. */
  Row beside(String other, Samples others) {
    return new Row(name + "/" + other, what, unit, ours, other, others, required);
  }

  Row atMost(double most) {
    return new Row(name, what, unit, ours, yardstick, theirs, most);
  }

  boolean isRatio() {
    return yardstick != null;
  }

  /** Whether it could be measured: not without its yardstick. */
  boolean isMeasured() {
    return !isRatio() || theirs != null;
  }

  /** The ratio to the yardstick, or the figure itself; NaN if it is not measured. */
  double value() {
    if (!isMeasured()) {
      return Double.NaN;
    }
    return isRatio() ? ours.median() / theirs.median() : ours.median();
  }

  boolean isMissed() {
    return value() > required;
  }

  String verdict() {
    if (!isMeasured()) {
      return "not compared";
    }
    if (Double.isNaN(required)) {
      return "";
    }
    return isMissed() ? "MISSED" : "reached";
  }
}
