package io.conntrack.exporter.rules;

import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.exporter.terms.IpProtocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Finds the rules that match no flow: rules for protocols that the options leave out, and rules
 * whose flows earlier rules take. Immutable. Any thread may ask.
 */
public final class RuleDoubts {
  /** More sentences than these do not help. */
  private static final int MOST = 10;

  private final Set<Integer> counted;
  private final boolean eventsLogged;
  private final boolean sourcesCounted;

  /**
   * Keeps what the options say.
   *
   * @param counted the numbers of the protocols that are counted
   * @param eventsLogged whether events are logged: of every protocol, but for ignored ones
   * @param sourcesCounted whether connections are counted by their sources
   */
  public RuleDoubts(Set<Integer> counted, boolean eventsLogged, boolean sourcesCounted) {
    this.counted = Set.copyOf(counted);
    this.eventsLogged = eventsLogged;
    this.sourcesCounted = sourcesCounted;
  }

  /**
   * A sentence for each rule that never matches. If there are very many, only some, and how many
   * more.
   */
  public List<String> of(EndpointRules rules) {
    List<String> doubts = new ArrayList<>();
    add(doubts, "Rule ", rules.rules());
    if (sourcesCounted) {
      add(doubts, "Rule for sources ", rules.sources().rules());
    } else if (!rules.sources().isEmpty()) {
      doubts.add("The rules for sources never match: --sources is not given");
    }
    if (doubts.size() <= MOST) {
      return doubts;
    }
    List<String> some = new ArrayList<>(doubts.subList(0, MOST));
    some.add("Rules that never match beside these: " + (doubts.size() - MOST));
    return some;
  }

  private void add(List<String> doubts, String name, List<EndpointRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      String reason = reason(rules, i);
      if (!reason.isEmpty()) {
        doubts.add(name + (i + 1) + " never matches: " + reason);
      }
    }
  }

  private String reason(List<EndpointRule> rules, int index) {
    EndpointRule rule = rules.get(index);
    if (!isForAnyProtocol(rule) && rule.protocols().stream().noneMatch(counted::contains)) {
      String names =
          rule.protocols().stream()
              .map(IpProtocol::name)
              .distinct()
              .collect(Collectors.joining(" and "));
      return "it is for " + names + ", which --protocols leaves out";
    }
    Set<Integer> before = coverers(rules, index);
    return before.isEmpty()
        ? ""
        : (before.size() == 1 ? "rule " : "rules ")
            + before.stream().map(Object::toString).collect(Collectors.joining(" and "))
            + " before it "
            + (before.size() == 1 ? "takes" : "take")
            + " all that it is for; put it first";
  }

  /** The event log has flows of all protocols, but for those that rules ignore. */
  private boolean isForAnyProtocol(EndpointRule rule) {
    return rule.protocols().isEmpty() || (eventsLogged && rule.action() == RuleAction.Plain.IGNORE);
  }

  /**
   * The numbers, from 1, of earlier rules that together take all of the rule's flows. Empty if they
   * leave some.
   */
  private Set<Integer> coverers(List<EndpointRule> rules, int index) {
    EndpointRule rule = rules.get(index);
    Set<Integer> numbers = new TreeSet<>();
    List<EndpointRule> likely = new ArrayList<>();
    List<Integer> likelyNumbers = new ArrayList<>();
    for (int i = 0; i < index; i++) {
      if (coversAllButNetworks(rules.get(i), rule)) {
        likely.add(rules.get(i));
        likelyNumbers.add(i + 1);
      }
    }
    for (Network network : orAny(rule.networks())) {
      int found = firstWith(likely, network);
      if (found < 0) {
        return Set.of();
      }
      numbers.add(likelyNumbers.get(found));
    }
    return numbers;
  }

  /** Null stands for every network. */
  private static Collection<Network> orAny(List<Network> networks) {
    List<Network> any = new ArrayList<>();
    any.add(null);
    return networks.isEmpty() ? any : networks;
  }

  private static int firstWith(List<EndpointRule> rules, Network network) {
    for (int i = 0; i < rules.size(); i++) {
      List<Network> networks = rules.get(i).networks();
      if (networks.isEmpty()
          || (network != null && networks.stream().anyMatch(each -> each.contains(network)))) {
        return i;
      }
    }
    return -1;
  }

  private boolean coversAllButNetworks(EndpointRule wide, EndpointRule narrow) {
    return (wide.directions().isEmpty()
            || (!narrow.directions().isEmpty()
                && wide.directions().containsAll(narrow.directions()))
            || wide.directions().size() == Direction.values().length)
        && (wide.ports().isEmpty() || coversPorts(wide.ports(), narrow.ports()))
        && coversProtocols(wide, narrow);
  }

  private boolean coversProtocols(EndpointRule wide, EndpointRule narrow) {
    if (wide.protocols().isEmpty()) {
      return true;
    }
    boolean any = isForAnyProtocol(narrow) && eventsLogged;
    if (any && narrow.protocols().isEmpty()) {
      return false;
    }
    return (narrow.protocols().isEmpty() ? counted : narrow.protocols())
        .stream()
            .filter(protocol -> any || counted.contains(protocol))
            .allMatch(wide.protocols()::contains);
  }

  private static boolean coversPorts(List<PortRange> wide, List<PortRange> narrow) {
    return !narrow.isEmpty()
        && narrow.stream()
            .allMatch(ports ->
                wide.stream()
                    .anyMatch(
                        each -> each.first() <= ports.first() && each.last() >= ports.last()));
  }
}
