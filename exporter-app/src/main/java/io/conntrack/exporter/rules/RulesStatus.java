package io.conntrack.exporter.rules;

/**
 * How the rules of {@code --rules} are. Immutable.
 *
 * @param rules how many are in force
 * @param lastReadGood whether the file was good when it was read last, so that these are its rules
 * @param good how often it was
 * @param refused how often it was not
 */
public record RulesStatus(int rules, boolean lastReadGood, long good, long refused) {
  /** After another reading that was good, or refused, so that the rules stay. */
  RulesStatus then(boolean isGood, int rulesNow) {
    return new RulesStatus(rulesNow, isGood, good + (isGood ? 1 : 0), refused + (isGood ? 0 : 1));
  }
}
