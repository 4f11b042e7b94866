package io.conntrack.exporter.rules;

/**
 * The state of the rules of {@code --rules}. Immutable.
 *
 * @param rules how many are in force
 * @param lastReadGood whether the file was good when it was last read, so its rules are in force
 * @param lastGoodUnixMs when it was last read and good
 * @param good how often it was
 * @param refused how often it was not
 */
public record RulesStatus(
    int rules, boolean lastReadGood, long lastGoodUnixMs, long good, long refused) {
  /** The state after another reading of the file, which was good or refused. */
  RulesStatus then(boolean isGood, int rulesNow) {
    return isGood
        ? new RulesStatus(rulesNow, true, System.currentTimeMillis(), good + 1, refused)
        : new RulesStatus(rulesNow, false, lastGoodUnixMs, good, refused + 1);
  }
}
