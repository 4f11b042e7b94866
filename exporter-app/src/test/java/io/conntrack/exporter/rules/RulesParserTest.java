package io.conntrack.exporter.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.exporter.files.FileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesParserTest {
  private static List<EndpointRule> parse(String text) throws FileException {
    return RulesParser.parse(text).rules();
  }

  /** The only rule that there is, in the form {@code {key: value}}. */
  private static EndpointRule rule(String text) throws FileException {
    return parse("rules:\n- " + text + "\n").getFirst();
  }

  private static List<String> networks(EndpointRule rule) {
    return rule.networks().stream()
        .map(each ->
            EndpointLabel.of(each.high(), each.low(), EndpointLabel.NO_PORT)
                + "/"
                + each.prefixBits())
        .toList();
  }

  @Test
  void rulesAreReadInTheirOrder() throws FileException {
    List<EndpointRule> rules =
        parse(
            """
            # Whom we talk to.
            rules:
              - network: [10.0.1.5, 10.0.2.0/24, "2001:db8::/32"]
                port: [5432, 6000-6999]
                direction: outbound
                protocol: [tcp, sctp]
                group: payments-db
              - {network: 10.0.0.0/8, action: keep}
              - prefix: {ipv4: 24, ipv6: 64}
            """);

    assertThat(rules).hasSize(3);
    EndpointRule first = rules.getFirst();
    assertThat(networks(first)).containsExactly("10.0.1.5/128", "10.0.2.0/120", "2001:db8::/32");
    assertThat(first.networks()).extracting(Network::port).containsOnly(Network.ANY_PORT);
    assertThat(first.ports()).containsExactly(new PortRange(5432, 5432), new PortRange(6000, 6999));
    assertThat(first.directions()).containsExactly(Direction.OUTBOUND);
    assertThat(first.protocols()).containsExactlyInAnyOrder(6, 132);
    assertThat(first.action()).isEqualTo(RuleAction.Group.named("payments-db"));
    assertThat(rules.get(1).action()).isEqualTo(RuleAction.Plain.KEEP);
    assertThat(rules.get(2).action()).isEqualTo(new RuleAction.Prefix(24, 64));
  }

  @Test
  void aConditionThatIsNotGivenHoldsForAllButOneOnPortsAsksForProtocolsThatHaveSome()
      throws FileException {
    assertThat(rule("action: keep"))
        .isEqualTo(
            new EndpointRule(List.of(), List.of(), Set.of(), List.of(), RuleAction.Plain.KEEP));
    assertThat(rule("{port: 53, action: keep}").protocols()).containsExactlyInAnyOrder(6, 17, 132);
    assertThat(rule("{protocol: icmp, action: keep}").protocols()).containsExactlyInAnyOrder(1, 58);
  }

  @Test
  void aPrefixIsOfTheFamilyOfTheNetworks() throws FileException {
    assertThat(rule("{network: 10.0.0.0/8, prefix: 24}").action())
        .isEqualTo(new RuleAction.Prefix(24, 0));
    assertThat(rule("{network: '2001:db8::/32', prefix: 48}").action())
        .isEqualTo(new RuleAction.Prefix(0, 48));
    assertThat(rule("{network: [10.0.0.0/8, 'fd00::/8'], prefix: {ipv4: 8, ipv6: 127}}").action())
        .isEqualTo(new RuleAction.Prefix(8, 127));
  }

  @Test
  void theExampleThatIsPackagedIsGood() throws Exception {
    assertThat(parse(Files.readString(Path.of("../packaging/examples/rules.yaml")))).hasSize(5);
  }

  @Test
  void noRulesAreWrittenAsAnEmptyList() throws FileException {
    assertThat(parse("rules: []")).isEmpty();
    assertThat(parse("---\nrules: []\n...\n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "web servers (eu)", "10.0.0.300", "Other", "x:y/z=1,2'", "5432"})
  void aNameMayHaveAnyPrintableAsciiThatNeedsNoEscaping(String name) throws FileException {
    assertThat(rule("{group: \"" + name + "\"}").action()).isEqualTo(RuleAction.Group.named(name));
  }

  @Test
  void aNameMayHave63CharactersAndNoMore() throws FileException {
    assertThat(rule("group: " + "n".repeat(63)).action())
        .isEqualTo(RuleAction.Group.named("n".repeat(63)));
    assertThatThrownBy(() -> rule("group: " + "n".repeat(64)))
        .hasMessage(
            "line 2, column 10: the name '"
                + "n".repeat(60)
                + "...' must have 1 to 63 characters, and no space at its ends");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{network: db.example, group: a} | 13 | 'db.example' is no network; write an address or a"
            + " network such as 10.0.1.5, 10.1.0.0/16 or 2001:db8::/32, and ports under port",
        "{network: 10.0.1.5:80, group: a} | 13 | '10.0.1.5:80' is no network; write an address or"
            + " a network such as 10.0.1.5, 10.1.0.0/16 or 2001:db8::/32, and ports under port",
        "{network: 10.1.2.3/16, group: a} | 13 | '10.1.2.3/16' has bits behind its length; write"
            + " 10.1.0.0/16 or the address",
        "{network: [10.0.0.0/8, 10.1.0.0/16], group: a} | 26 | '10.1.0.0/16' overlaps 10.0.0.0/8"
            + " before it; leave one of them out",
        "{network: [10.1.0.0/16, 10.0.0.0/8], group: a} | 27 | '10.0.0.0/8' overlaps 10.1.0.0/16"
            + " before it; leave one of them out",
        "{network: [], group: a} | 13 | network must be a value or a list of some, not an empty"
            + " list; without network the rule holds for any",
        "{network: , group: a} | 12 | network must be a value or a list of some, not nothing;"
            + " without network the rule holds for any",
        "{network: {a: b}, group: a} | 13 | network must be a value or a list of some, not keys and"
            + " values; without network the rule holds for any",
        "{network: [[10.0.0.1]], group: a} | 14 | network must be a list of single values, and this"
            + " one is a list",
        "{port: 0, group: a} | 10 | '0' is no port; write a number from 1 to 65535, a range such as"
            + " 8000-8999, or a list",
        "{port: 65536, group: a} | 10 | '65536' is no port; write a number from 1 to 65535, a range"
            + " such as 8000-8999, or a list",
        "{port: http, group: a} | 10 | 'http' is no port; write a number from 1 to 65535, a range"
            + " such as 8000-8999, or a list",
        "{port: 90-80, group: a} | 10 | '90-80' ends before it begins; write 80-90",
        "{port: [80-90, 85], group: a} | 18 | '85' overlaps 80-90 before it; leave one of them out",
        "{direction: in, group: a} | 15 | 'in' is no direction; write outbound, inbound or"
            + " forwarded",
        "{direction: [inbound, inbound], group: a} | 25 | 'inbound' comes twice; leave one of them"
            + " out",
        "{protocol: TCP, group: a} | 14 | 'TCP' is no protocol; write tcp, udp, sctp or icmp",
        "{protocol: [udp, udp], group: a} | 20 | 'udp' comes twice; leave one of them out",
        "{protocol: icmp, port: 80, group: a} | 14 | 'icmp' has no ports; leave it out, or port",
        "{group: other} | 11 | the name 'other' is taken: it sums what exceeds"
            + " --max-endpoints; choose another one",
        "{group: 10.0.0.1} | 11 | the name '10.0.0.1' is that of an endpoint; choose another one",
        "{group: '[2001:db8::1]:443'} | 11 | the name '[2001:db8::1]:443' is that of an endpoint;"
            + " choose another one",
        "{group: 10.1.2.0/24} | 11 | the name '10.1.2.0/24' is that of an endpoint; choose another"
            + " one",
        "{group: 'a\"b'} | 11 | the name 'a\"b' must be printable ASCII without \" and \\; use"
            + " others",
        "{group: 'a\\b'} | 11 | the name 'a\\b' must be printable ASCII without \" and \\; use"
            + " others",
        "{group: Zoë} | 11 | the name 'Zo?' must be printable ASCII without \" and \\; use others",
        "{group: ' a'} | 11 | the name ' a' must have 1 to 63 characters, and no space at its ends",
        "{group: ''} | 11 | the name '' must have 1 to 63 characters, and no space at its ends",
        "{group: } | 10 | group must be a name such as payments-db, not nothing",
        "{group: [a]} | 11 | group must be a name such as payments-db, not a list",
        "{prefix: 24} | 12 | prefix must have a length for each family, such as {ipv4: 24, ipv6:"
            + " 64}, since the rule matches both",
        "{network: 10.0.0.0/8, prefix: 32} | 33 | an IPv4 prefix must be a number from 1 to 31, not"
            + " '32'; 'action: drop-port' shows addresses, 'group' all as one",
        "{network: 'fd00::/8', prefix: 0} | 33 | an IPv6 prefix must be a number from 1 to 127, not"
            + " '0'; 'action: drop-port' shows addresses, 'group' all as one",
        "{network: 10.1.0.0/16, prefix: 8} | 34 | prefix 8 would show networks that are larger than"
            + " 10.1.0.0/16, which is all that the rule has of them; use a longer one, or group",
        "{prefix: {ipv4: 24}} | 12 | prefix has no length for ipv6, which the rule matches too;"
            + " give one, or the rule networks of one family",
        "{prefix: {ipv4: 24, ipv5: 64}} | 23 | unknown key 'ipv5'; prefix has ipv4 and ipv6",
        "{action: drop} | 12 | action must be keep, drop-port or ignore, not 'drop'",
        "{action: [keep]} | 12 | action must be keep, drop-port or ignore, not a list",
        "{network: 10.0.0.1} | 3 | the rule does nothing; give it group, prefix or action",
        "{group: a, action: keep} | 3 | the rule has group and action; give it one of them",
        "{netwrok: 10.0.0.1, group: a} | 4 | unknown key 'netwrok'; a rule has network, port,"
            + " direction or protocol, and one of group, prefix and action",
        "{group: a, group: b} | 14 | 'group' comes twice; leave one out, or write several values as"
            + " a list",
        "{[a]: b} | 4 | a key must be a word, not a list",
        "keep | 3 | a rule must be keys and values such as 'network: 10.0.0.0/8', not 'keep'",
        "[keep] | 3 | a rule must be keys and values such as 'network: 10.0.0.0/8', not a list",
        "{group: &a b} | 11 | anchors (&), aliases (*) and tags (!) are not taken; write the value",
        "{group: *a} | 11 | anchors (&), aliases (*) and tags (!) are not taken; write the value",
        "{group: !!java.net.URL [x]} | 11 | anchors (&), aliases (*) and tags (!) are not taken;"
            + " write the value",
        "{group: [[[[[[[[a]]]]]]]]} | 17 | nested too deeply; nothing in this file is",
      })
  void whatIsWrongInARuleIsToldWithItsPlaceAndTheRemedy(String rule, int column, String message) {
    assertThatThrownBy(() -> rule(rule))
        .isInstanceOf(FileException.class)
        .hasMessage("line 2, column " + column + ": " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | the file is empty; write 'rules: []' for no rules",
        "`# only a comment` | the file is empty; write 'rules: []' for no rules",
        "`{}` | line 1, column 1: there is no key 'rules'; write 'rules: []' for no rules",
        "`- group: a` | line 1, column 1: the file must begin with 'rules:', not with a list",
        "`rule: []` | line 1, column 1: unknown key 'rule'; the file has only 'rules' and"
            + " 'sources'",
        "`rules:` | line 1, column 7: rules must be a list, each rule beginning with '- ', not"
            + " nothing",
        "`sources: no` | line 1, column 10: sources must be a list, each rule beginning with '- ',"
            + " not 'no'",
        "`sources:\n- action: drop\n- group: a` | line 3, column 3: no connection gets to this rule,"
            + " because the rule before it has no condition; put that rule last",
        "`rules: {a: b}` | line 1, column 8: rules must be a list, each rule beginning with '- ',"
            + " not keys and values",
        "`rules: [\n` | line 2, column 1: this is no YAML: expected the node content, but found"
            + " '<stream end>' (while parsing a flow node)",
        "`rules:\n\t- group: a` | line 2, column 1: this is no YAML: found character '\\t(TAB)' that"
            + " cannot start any token. (Do not use \\t(TAB) for indentation) (while scanning for the"
            + " next token)",
        "`rules: []\n---\nrules: []` | line 2, column 1: a second document; write one, without a"
            + " line ---",
        "`rules:\n- action: keep\n- group: a` | line 3, column 3: no connection gets to"
            + " this rule, because the rule before it has no condition; put that rule last",
        "`rules:\n  - group: a\u0007` | line 2, column 13: the character U+0007 can't be in YAML;"
            + " take it out",
      })
  void whatIsWrongInAFileIsToldWithItsPlaceAndTheRemedy(String text, String message) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(FileException.class).hasMessage(message);
  }

  @Test
  void rulesForSourcesAreReadBesideThoseForHosts() throws FileException {
    EndpointRules rules =
        RulesParser.parse(
            """
            sources:
              - {network: [10.3.0.0/16, 10.4.0.1], group: office}
              - {network: 10.5.0.0/16, action: drop}
              - {network: 10.6.0.0/16, action: keep}
              - prefix: {ipv4: 24, ipv6: 56}
            rules:
              - {network: 10.1.0.0/16, group: servers}
            """);

    assertThat(rules.size()).isEqualTo(5);
    assertThat(rules.rules()).hasSize(1);
    List<EndpointRule> sources = rules.sources().rules();
    assertThat(networks(sources.getFirst())).containsExactly("10.3.0.0/112", "10.4.0.1/128");
    assertThat(sources)
        .extracting(EndpointRule::action)
        .containsExactly(
            RuleAction.Group.named("office"),
            RuleAction.Plain.IGNORE,
            RuleAction.Plain.KEEP,
            new RuleAction.Prefix(24, 56));
    assertThat(RulesParser.parse("sources: []").size()).isZero();
    assertThat(RulesParser.parse("sources: [{network: 10.3.0.1, group: a}]").isEmpty()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{network: 10.3.0.0/16, port: 80, group: a} | 26 | unknown key 'port'; a rule for sources"
            + " has network, and one of group, prefix and action",
        "{name: a} | 4 | unknown key 'name'; a rule for sources has network, and one of group,"
            + " prefix and action",
        "{network: 10.3.0.7/16, group: a} | 13 | '10.3.0.7/16' has bits behind its length; write"
            + " 10.3.0.0/16 or the address",
        "{network: 10.3.0.0/16} | 3 | the rule does nothing; give it group, prefix or action",
        "{group: self} | 11 | the name 'self' is taken: it has what this host opens; choose another"
            + " one",
        "{group: other} | 11 | the name 'other' is taken: it sums what exceeds --max-endpoints;"
            + " choose another one",
        "{action: ignore} | 12 | action must be keep or drop, not 'ignore'",
        "{network: 10.3.0.0/16, prefix: 32} | 34 | an IPv4 prefix must be a number from 1 to 31,"
            + " not '32'; 'action: keep' shows addresses, 'group' all as one",
      })
  void whatIsWrongInARuleForSourcesIsToldToo(String rule, int column, String message) {
    assertThatThrownBy(() -> parse("sources:\n- " + rule + "\n"))
        .isInstanceOf(FileException.class)
        .hasMessage("line 2, column " + column + ": " + message);
  }

  @Test
  void aGroupOfHostsMayHaveTheNameSelf() throws FileException {
    assertThat(rule("group: self").action()).isEqualTo(RuleAction.Group.named("self"));
  }

  @Test
  void networksOfBothKindsOfRulesCountTogether() {
    String text =
        "rules: [{network: ["
            + addresses(2_000)
            + "], group: a}]\nsources:\n- {network: ["
            + addresses(2_001)
            + "], group: a}";
    assertThatThrownBy(() -> parse(text))
        .hasMessage(
            "line 3, column 3: more than 4000 networks and ports up to this rule; use larger"
                + " networks");
  }

  @Test
  void aThousandRulesAreTakenAndOneMoreIsRefused() throws FileException {
    assertThat(parse(many(RulesParser.MAX_RULES))).hasSize(RulesParser.MAX_RULES);
    assertThatThrownBy(() -> parse(many(RulesParser.MAX_RULES + 1)))
        .hasMessage("line 1002, column 3: more than 1000 rules; join those that do the same");
  }

  private static String many(int rules) {
    return IntStream.range(0, rules)
        .mapToObj(i -> "- {port: " + (i + 1) + ", group: g" + i + "}\n")
        .collect(Collectors.joining("", "rules:\n", ""));
  }

  @Test
  void fourThousandNetworksAreTakenAndOneMoreIsRefused() throws FileException {
    assertThat(rule("{network: [" + addresses(4_000) + "], group: a}").networks()).hasSize(4_000);
    assertThatThrownBy(() -> rule("{network: [" + addresses(4_001) + "], group: a}"))
        .hasMessage(
            "line 2, column 3: more than 4000 networks and ports up to this rule; use larger"
                + " networks");
  }

  private static String addresses(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "10.0." + i / 250 + "." + i % 250)
        .collect(Collectors.joining(", "));
  }

  @Test
  void moreValuesThanTheHeapIsToHoldAreRefused() {
    assertThatThrownBy(() -> parse("rules: [" + "a, ".repeat(60_000) + "]"))
        .hasMessageContaining("more than 50000 values; write fewer");
  }
}
