package io.conntrack.exporter.rules;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The keys and actions of a rules file, as the list of what is promised has them. */
public final class ListedRuleKeys {
  private ListedRuleKeys() {}

  public static List<String> lines() {
    return Stream.of(
            lines("rules", RulesParser.KEYS, RulesParser.ACTIONS.keySet()),
            lines("sources", RulesParser.SOURCE_KEYS, RulesParser.SOURCE_ACTIONS.keySet()))
        .flatMap(lines -> lines)
        .toList();
  }

  private static Stream<String> lines(String list, Set<String> keys, Set<String> actions) {
    return Stream.concat(
            keys.stream().map(key -> "." + key),
            actions.stream().map(action -> ".action=" + action))
        .map(rest -> "rules " + list + "[]" + rest);
  }
}
