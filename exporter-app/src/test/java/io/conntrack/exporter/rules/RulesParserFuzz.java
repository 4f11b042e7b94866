package io.conntrack.exporter.rules;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.exporter.files.FileException;
import java.util.List;

/** Any text is rules, with names that are fine labels, or is refused with a printable sentence. */
class RulesParserFuzz {
  @FuzzTest
  void parse(byte[] bytes) {
    EndpointRules rules;
    try {
      rules = RulesParser.parse(new String(bytes, UTF_8));
    } catch (FileException e) {
      assertThat(e.getMessage()).matches("[ -~]+");
      return;
    }
    check(rules.rules());
    check(rules.sources().rules());
  }

  private static void check(List<EndpointRule> rules) {
    assertThat(rules).hasSizeLessThanOrEqualTo(RulesParser.MAX_RULES);
    for (EndpointRule rule : rules) {
      if (rule.action() instanceof RuleAction.Group group) {
        assertThat(group.name()).matches("[ -~&&[^\"\\\\]]{1,63}").isNotEqualTo("other");
      }
    }
  }
}
