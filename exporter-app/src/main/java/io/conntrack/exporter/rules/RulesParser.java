package io.conntrack.exporter.rules;

import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlDocument;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Entries;
import io.conntrack.exporter.files.YamlNode.Entry;
import io.conntrack.exporter.files.YamlNode.Items;
import io.conntrack.exporter.files.YamlNode.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a rules file:
 *
 * <pre>
 * rules:
 *   - network: [10.0.1.5, 10.0.1.6]
 *     port: 5432
 *     group: payments-db
 *   - {direction: inbound, network: 10.9.0.0/16, prefix: 24}
 *   - {network: 2001:db8::/32, port: 8000-8999, action: drop-port}
 * sources:
 *   - {network: 10.3.0.0/16, group: office}
 *   - {network: 10.9.0.0/16, action: drop}
 * </pre>
 */
final class RulesParser {
  /**
   * More than a person can oversee. With a group each they take a tenth of the endpoints that are
   * shown.
   */
  static final int MAX_RULES = 1_000;

  /**
   * Networks and ports of all rules. At every event that tells a flow's state, the flow is compared
   * with each network until a rule matches. 4,000 of them cost some 4 us, twice as much as the
   * event.
   */
  static final int MAX_CONDITIONS = 4_000;

  static final Map<String, RuleAction> ACTIONS =
      Map.of(
          "keep", RuleAction.Plain.KEEP,
          "drop-port", RuleAction.Plain.DROP_PORT,
          "ignore", RuleAction.Plain.IGNORE);
  static final Map<String, RuleAction> SOURCE_ACTIONS =
      Map.of("keep", RuleAction.Plain.KEEP, "drop", RuleAction.Plain.IGNORE);
  private static final Set<String> ACTION_KEYS = Set.of("group", "prefix", "action");
  static final Set<String> KEYS =
      Set.of("network", "port", "direction", "protocol", "group", "prefix", "action");
  static final Set<String> SOURCE_KEYS = Set.of("network", "group", "prefix", "action");

  private final List<EndpointRule> rules = new ArrayList<>();
  private final List<EndpointRule> sources = new ArrayList<>();
  private int conditions;

  private RulesParser() {}

  /** The rules of a file with this text. */
  static EndpointRules parse(String text) throws FileException {
    YamlNode document = YamlDocument.parse(text);
    if (document == null) {
      throw new FileException("the file is empty; write 'rules: []' for no rules");
    }
    RulesParser parser = new RulesParser();
    parser.document(document);
    return new EndpointRules(parser.rules, parser.sources);
  }

  private void document(YamlNode document) throws FileException {
    if (!(document instanceof Entries root)) {
      throw document.wrong("the file must begin with 'rules:', not with " + document.kind());
    }
    for (Entry entry : root.entries()) {
      String key = entry.key().value();
      if (!key.equals("rules") && !key.equals("sources")) {
        throw entry
            .key()
            .wrong(
                "unknown key " + entry.key().kind() + "; the file has only 'rules' and 'sources'");
      }
      if (!(entry.value() instanceof Items items)) {
        throw entry
            .value()
            .wrong(
                key
                    + " must be a list, each rule beginning with '- ', not "
                    + entry.value().kind());
      }
      for (YamlNode item : items.items()) {
        add(item, key.equals("sources"));
      }
    }
    if (root.entries().isEmpty()) {
      throw document.wrong("there is no key 'rules'; write 'rules: []' for no rules");
    }
  }

  /** Adds a rule to those for endpoints, or to those for sources. */
  private void add(YamlNode item, boolean forSources) throws FileException {
    List<EndpointRule> list = forSources ? sources : rules;
    if (!(item instanceof Entries entries)) {
      throw item.wrong(
          "a rule must be keys and values such as 'network: 10.0.0.0/8', not " + item.kind());
    }
    if (list.size() == MAX_RULES) {
      throw item.wrong("more than " + MAX_RULES + " rules; join those that do the same");
    }
    if (!list.isEmpty() && matchesAll(list.getLast())) {
      throw item.wrong(
          "no connection gets to this rule, because the rule before it has no condition;"
              + " put that rule last");
    }
    EndpointRule rule = forSources ? sourceRule(entries) : rule(entries);
    conditions += rule.networks().size() + rule.ports().size();
    if (conditions > MAX_CONDITIONS) {
      throw item.wrong(
          "more than "
              + MAX_CONDITIONS
              + " networks and ports up to this rule; use larger networks");
    }
    list.add(rule);
  }

  private static boolean matchesAll(EndpointRule rule) {
    return rule.networks().isEmpty()
        && rule.ports().isEmpty()
        && rule.directions().isEmpty()
        && rule.protocols().isEmpty();
  }

  private static EndpointRule rule(Entries entries) throws FileException {
    Map<String, YamlNode> values =
        values(entries, KEYS, "a rule has network, port, direction or protocol");
    List<Network> networks = networks(values);
    List<PortRange> ports =
        values.containsKey("port") ? RuleConditions.ports(values.get("port")) : List.of();
    Set<Direction> directions =
        values.containsKey("direction")
            ? RuleConditions.directions(values.get("direction"))
            : Set.of();
    Set<String> protocols =
        RuleConditions.protocols(values.get("protocol"), values.containsKey("port"));
    return new EndpointRule(
        networks,
        ports,
        directions,
        RuleConditions.numbers(protocols),
        action(entries, values, networks));
  }

  private static EndpointRule sourceRule(Entries entries) throws FileException {
    Map<String, YamlNode> values = values(entries, SOURCE_KEYS, "a rule for sources has network");
    List<Network> networks = networks(values);
    YamlNode value = values.get(actionKey(entries, values));
    RuleAction action =
        switch (actionKey(entries, values)) {
          case "group" -> RuleAction.Group.named(GroupName.ofSources(value));
          case "prefix" -> PrefixLength.of(value, networks, "keep");
          default -> action(value, SOURCE_ACTIONS, "keep or drop");
        };
    return new EndpointRule(networks, List.of(), Set.of(), List.of(), action);
  }

  private static List<Network> networks(Map<String, YamlNode> values) throws FileException {
    return values.containsKey("network")
        ? RuleConditions.networks(values.get("network"))
        : List.of();
  }

  private static Map<String, YamlNode> values(Entries entries, Set<String> keys, String conditions)
      throws FileException {
    Map<String, YamlNode> values = new LinkedHashMap<>();
    for (Entry entry : entries.entries()) {
      if (!keys.contains(entry.key().value())) {
        throw entry
            .key()
            .wrong(
                "unknown key "
                    + entry.key().kind()
                    + "; "
                    + conditions
                    + ", and one of group, prefix and action");
      }
      values.put(entry.key().value(), entry.value());
    }
    return values;
  }

  private static RuleAction action(
      Entries entries, Map<String, YamlNode> values, List<Network> networks) throws FileException {
    YamlNode value = values.get(actionKey(entries, values));
    return switch (actionKey(entries, values)) {
      case "group" -> RuleAction.Group.named(GroupName.of(value));
      case "prefix" -> PrefixLength.of(value, networks, "drop-port");
      default -> action(value, ACTIONS, "keep, drop-port or ignore");
    };
  }

  /** Which of the keys that say what the rule does it has. */
  private static String actionKey(Entries entries, Map<String, YamlNode> values)
      throws FileException {
    List<String> given = values.keySet().stream().filter(ACTION_KEYS::contains).toList();
    if (given.size() != 1) {
      throw entries.wrong(
          given.isEmpty()
              ? "the rule does nothing; give it group, prefix or action"
              : "the rule has " + String.join(" and ", given) + "; give it one of them");
    }
    return given.getFirst();
  }

  private static RuleAction action(YamlNode value, Map<String, RuleAction> actions, String names)
      throws FileException {
    RuleAction action = value instanceof Text text ? actions.get(text.value()) : null;
    if (action == null) {
      throw value.wrong("action must be " + names + ", not " + value.kind());
    }
    return action;
  }
}
