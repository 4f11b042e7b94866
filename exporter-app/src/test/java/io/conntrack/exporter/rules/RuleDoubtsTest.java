package io.conntrack.exporter.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.files.FileException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules that never match are found, and no others. */
class RuleDoubtsTest {
  private static final int TCP = 6;
  private static final int UDP = 17;

  private static List<String> doubts(String rules) throws FileException {
    return new RuleDoubts(Set.of(TCP), false, true).of(RulesParser.parse("rules: [" + rules + "]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{network: 10.0.0.0/8, group: a}, {network: 10.1.0.0/16, group: b} | rule 1 before it takes",
        "{group: a, port: 1-100}, {port: [7, 20-30], group: b} | rule 1 before it takes",
        "{network: 10.0.0.0/8, group: a}, {network: 11.0.0.0/8, group: a},"
            + " {network: [10.1.1.1, 11.1.1.1], port: 80, group: b} | rules 1 and 2 before it take",
        "{network: '::/0', group: a}, {network: 2001:db8::1, group: b} | rule 1 before it takes",
        "{protocol: [tcp, udp], group: a}, {port: 80, group: b} | rule 1 before it takes",
        "{direction: [inbound, outbound], group: a}, {direction: inbound, group: b} | rule 1 before"
      })
  void aRuleWhoseFlowsEarlierOnesTakeIsTold(String rules, String reason) throws FileException {
    assertThat(doubts(rules))
        .singleElement()
        .asString()
        .contains(" never matches: " + reason)
        .startsWith(reason.startsWith("rules") ? "Rule 3" : "Rule 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{network: 10.1.0.0/16, group: b}, {network: 10.0.0.0/8, group: a}",
        "{network: 10.0.0.0/8, port: 80, group: a}, {network: 10.1.0.0/16, group: b}",
        "{network: 0.0.0.0/0, group: a}, {network: '::/0', group: b}",
        "{network: '::/0', group: a}, {group: b}",
        "{network: 10.0.0.0/8, group: a}, {network: [10.1.0.0/16, 11.0.0.0/8], group: b}",
        "{direction: inbound, group: a}, {group: b}",
        "{port: 80, group: a}, {port: 70-80, group: b}",
        "{port: 80, protocol: udp, action: ignore}"
      })
  void oneThatMayMatchIsNot(String rules) throws FileException {
    assertThat(
            new RuleDoubts(Set.of(TCP), true, true).of(RulesParser.parse("rules: [" + rules + "]")))
        .isEmpty();
  }

  @Test
  void aProtocolThatIsNotCountedIsToldUnlessTheEventLogHasIt() throws FileException {
    assertThat(doubts("{protocol: icmp, action: ignore}"))
        .containsExactly(
            "Rule 1 never matches: it is for icmp and icmpv6, which --protocols leaves out");
    assertThat(
            new RuleDoubts(Set.of(TCP, UDP), false, true)
                .of(RulesParser.parse("rules: [{protocol: udp, group: a}]")))
        .isEmpty();
  }

  @Test
  void rulesForSourcesAreToldOfToo() throws FileException {
    String text =
        "sources: [{network: 10.0.0.0/8, group: a}, {network: 10.1.0.0/16, action: drop}]";
    assertThat(new RuleDoubts(Set.of(TCP), false, true).of(RulesParser.parse(text)))
        .containsExactly(
            "Rule for sources 2 never matches: rule 1 before it takes all that it is for; put it"
                + " first");
    assertThat(new RuleDoubts(Set.of(TCP), false, false).of(RulesParser.parse(text)))
        .containsExactly("The rules for sources never match: --sources is not given");
  }

  @Test
  void ofVeryManySomeAreToldAndHowManyMore() throws FileException {
    String many =
        IntStream.range(0, 999)
            .mapToObj(i -> "{network: 10.0.0.0/8, group: g" + i + "}")
            .collect(Collectors.joining(", "));
    assertThat(doubts(many)).hasSize(11).endsWith("Rules that never match beside these: 988");
  }
}
