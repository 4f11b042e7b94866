package io.conntrack.aggregator.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.state.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which rule matches, held to a slow and simple way to tell, on random rules and endpoints. */
class EndpointRulesTest {
  private static final int SETS_OF_RULES = 2_000;
  private static final int ENDPOINTS_EACH = 50;
  private static final long IPV4 = 0x0000ffff_00000000L;
  private static final List<Direction> DIRECTIONS = List.of(Direction.values());

  @Test
  void theFirstRuleThatMatchesSaysWhatBecomesOfAnEndpoint() {
    int matched = 0;
    for (long seed = 0; seed < SETS_OF_RULES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      EndpointRules rules = new EndpointRules(randomRules(random));
      for (int i = 0; i < ENDPOINTS_EACH; i++) {
        Asked asked = Asked.random(random);
        RuleAction action = asked.of(rules);
        assertThat(action)
            .as("seed=%d %s %s", seed, asked, rules.rules())
            .isEqualTo(expected(rules, asked));
        matched += action.equals(RuleAction.Plain.KEEP) ? 0 : 1;
      }
    }
    // Else most of this would have tested nothing.
    assertThat(matched)
        .isBetween(SETS_OF_RULES * ENDPOINTS_EACH / 5, SETS_OF_RULES * ENDPOINTS_EACH * 4 / 5);
  }

  @Test
  void anIpv6NetworkHasNoIpv4AddressNotEvenTheLargest() {
    EndpointRules rules = rules(new Network(0, 0, 0, Network.ANY_PORT));

    assertThat(rules.action(0x2001L << 48, 1, Direction.OUTBOUND, 80, 6))
        .isEqualTo(RuleAction.Plain.IGNORE);
    assertThat(rules.action(0, IPV4 | 1, Direction.OUTBOUND, 80, 6))
        .isEqualTo(RuleAction.Plain.KEEP);
  }

  @Test
  void aRuleWithoutNetworksMatchesBothFamilies() {
    EndpointRules rules = rules();

    assertThat(rules.action(0x2001L << 48, 1, Direction.OUTBOUND, 80, 6))
        .isEqualTo(RuleAction.Plain.IGNORE);
    assertThat(rules.action(0, IPV4 | 1, Direction.INBOUND, 80, 6))
        .isEqualTo(RuleAction.Plain.IGNORE);
  }

  private static EndpointRules rules(Network... networks) {
    return new EndpointRules(
        List.of(
            new EndpointRule(
                List.of(networks), List.of(), Set.of(), List.of(), RuleAction.Plain.IGNORE)));
  }

  /** One question. */
  private record Asked(long high, long low, Direction direction, int port, int protocol) {
    /** Of few addresses and ports, so that rules match. */
    static Asked random(SplittableRandom random) {
      boolean ipv4 = random.nextBoolean();
      return new Asked(
          ipv4 ? 0 : bits(random, 4) << 60,
          ipv4
              ? IPV4 | bits(random, 4) << 28 | bits(random, 2)
              : bits(random, 2) << 62 | bits(random, 2),
          DIRECTIONS.get(random.nextInt(DIRECTIONS.size())),
          random.nextInt(8),
          random.nextBoolean() ? 6 : 17);
    }

    RuleAction of(EndpointRules rules) {
      return rules.action(high, low, direction, port, protocol);
    }
  }

  private static long bits(SplittableRandom random, int count) {
    return random.nextLong(1L << count);
  }

  private static List<EndpointRule> randomRules(SplittableRandom random) {
    List<EndpointRule> rules = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      rules.add(
          new EndpointRule(
              some(random, () -> network(random)),
              some(random, () -> ports(random)),
              Set.copyOf(some(random, () -> DIRECTIONS.get(random.nextInt(DIRECTIONS.size())))),
              some(random, () -> random.nextBoolean() ? 6 : 17),
              RuleAction.Group.named("group-" + i)));
    }
    return rules;
  }

  /** None, which is all, in half of the cases. */
  private static <T> List<T> some(SplittableRandom random, Supplier<T> one) {
    return Stream.generate(one).limit(random.nextBoolean() ? 0 : 1 + random.nextInt(3)).toList();
  }

  private static Network network(SplittableRandom random) {
    Asked address = Asked.random(random);
    int bits = random.nextInt(129);
    boolean ipv4 = address.high == 0 && address.low >>> 32 == 0xffff;
    return new Network(address.high, address.low, ipv4 ? 96 + bits / 4 : bits, Network.ANY_PORT);
  }

  private static PortRange ports(SplittableRandom random) {
    int first = random.nextInt(8);
    return new PortRange(first, first + random.nextInt(3));
  }

  private static RuleAction expected(EndpointRules rules, Asked asked) {
    return rules.rules().stream()
        .filter(rule -> matches(rule, asked))
        .findFirst()
        .map(EndpointRule::action)
        .orElse(RuleAction.Plain.KEEP);
  }

  private static boolean matches(EndpointRule rule, Asked asked) {
    return (rule.networks().isEmpty()
            || rule.networks().stream().anyMatch(network -> has(network, asked)))
        && (rule.ports().isEmpty()
            || rule.ports().stream()
                .anyMatch(ports -> ports.first() <= asked.port && asked.port <= ports.last()))
        && (rule.directions().isEmpty() || rule.directions().contains(asked.direction))
        && (rule.protocols().isEmpty() || rule.protocols().contains(asked.protocol));
  }

  /** By the digits of the addresses. */
  private static boolean has(Network network, Asked asked) {
    String mapped = binary(0, IPV4).substring(0, 96);
    String prefix = binary(network.high(), network.low()).substring(0, network.prefixBits());
    String address = binary(asked.high, asked.low);
    return address.startsWith(prefix) && (!address.startsWith(mapped) || prefix.startsWith(mapped));
  }

  private static String binary(long high, long low) {
    return digits(high) + digits(low);
  }

  private static String digits(long word) {
    String digits = Long.toBinaryString(word);
    return "0".repeat(64 - digits.length()) + digits;
  }
}
