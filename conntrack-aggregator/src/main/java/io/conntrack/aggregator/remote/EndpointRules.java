package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.state.Direction;
import java.util.List;

/**
 * Rules in their order. The first rule that matches a flow says what becomes of its endpoint.
 * Immutable, so another thread may make them for the reader.
 *
 * <p>Each event that carries a state asks them. So the networks of all rules lie in one array,
 * which is walked from its beginning, about a nanosecond for each. A rule for all networks has one
 * of no bits.
 */
public final class EndpointRules {
  /** Leaves every endpoint as it is. */
  public static final EndpointRules NONE = new EndpointRules(List.of());

  /** The upper half's mask and value, then the lower half's. */
  private static final int WORDS = 4;

  private final List<EndpointRule> rules;

  /** Null if there are none, for these are such themselves. */
  private final EndpointRules sources;

  /** {@link #WORDS} for each network. */
  private final long[] words;

  /** By network; null is every address of both families. */
  private final Network[] networks;

  /** By network. */
  private final EndpointRule[] ruleOf;

  /** Without rules for sources. */
  public EndpointRules(List<EndpointRule> rules) {
    this(rules, List.of());
  }

  /**
   * Rules for endpoints, and for sources.
   *
   * @param sources with conditions on networks alone, of which one has the source's address
   */
  public EndpointRules(List<EndpointRule> rules, List<EndpointRule> sources) {
    this.rules = List.copyOf(rules);
    this.sources = sources.isEmpty() ? null : new EndpointRules(sources);
    int count = rules.stream().mapToInt(rule -> Math.max(1, rule.networks().size())).sum();
    words = new long[count * WORDS];
    networks = new Network[count];
    ruleOf = new EndpointRule[count];
    int at = 0;
    for (EndpointRule rule : rules) {
      for (Network network : rule.networks()) {
        put(at, network);
        ruleOf[at++] = rule;
      }
      if (rule.networks().isEmpty()) {
        ruleOf[at++] = rule;
      }
    }
  }

  private void put(int at, Network network) {
    networks[at] = network;
    long highMask = Network.mask(network.prefixBits());
    long lowMask = Network.mask(network.prefixBits() - Long.SIZE);
    words[at * WORDS] = highMask;
    words[at * WORDS + 1] = network.high() & highMask;
    words[at * WORDS + 2] = lowMask;
    words[at * WORDS + 3] = network.low() & lowMask;
  }

  /** How many rules there are, for sources too. */
  public int size() {
    return rules.size() + (sources == null ? 0 : sources.size());
  }

  /** Those for sources. IGNORE drops a source, and its flows stay at their endpoints. */
  public EndpointRules sources() {
    return sources == null ? NONE : sources;
  }

  /** Whether the others are the same, in the same order. */
  public boolean isSame(EndpointRules others) {
    return rules.equals(others.rules) && sources().rules.equals(others.sources().rules);
  }

  /** Those for endpoints. */
  public List<EndpointRule> rules() {
    return rules;
  }

  /** Whether there are none for endpoints. */
  public boolean isEmpty() {
    return ruleOf.length == 0;
  }

  /**
   * What the first rule that matches says, or KEEP. Allocates nothing.
   *
   * @param high the upper half of the remote address
   * @param low its lower half
   * @param port that the connection is to, see {@link EndpointRule}
   */
  public RuleAction action(long high, long low, Direction direction, int port, int protocol) {
    for (int i = 0; i < ruleOf.length; i++) {
      int at = i * WORDS;
      long otherBits =
          ((high & words[at]) ^ words[at + 1]) | ((low & words[at + 2]) ^ words[at + 3]);
      if (otherBits == 0
          && (networks[i] == null || networks[i].contains(high, low, Network.ANY_PORT))
          && ruleOf[i].matches(direction, port, protocol)) {
        return ruleOf[i].action();
      }
    }
    return RuleAction.Plain.KEEP;
  }
}
