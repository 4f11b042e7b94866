package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The recording rules of prometheus/recording.yml: a case for each, and a line in its page. */
@KernelTest
final class RecordingTest {
  private static final Path RULES = Path.of("prometheus/recording.yml");
  private static final Path CASES = RULES.resolveSibling("recording.test.yml");
  private static final Path PAGE = Path.of("../docs/dashboards.md");
  private static final Pattern RECORD = Pattern.compile("record: (\\S+)");
  private static final Pattern CASE = Pattern.compile("expr: (\\S+)\n");
  private static final Pattern LINE =
      Pattern.compile("^\\| `([a-z_]+:[a-z0-9_:]+)", Pattern.MULTILINE);

  @BeforeAll
  static void requirePrometheus() {
    Prometheus.require();
  }

  private static Set<String> names(Pattern pattern, Path file) {
    return pattern
        .matcher(Docs.text(file))
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void eachMakesOfASmallFleetWhatItsCaseSays() throws Exception {
    try (Namespace namespace = Namespace.create()) {
      Path folder = RULES.toAbsolutePath().getParent();
      namespace.sh("promtool check rules '%s/recording.yml'".formatted(folder));
      namespace.sh("cd '%s'; promtool test rules recording.test.yml".formatted(folder));
    }
    assertThat(names(CASE, CASES)).isEqualTo(names(RECORD, RULES));
  }

  @Test
  void eachIsNamedByLevelMetricAndOperations() {
    assertThat(names(RECORD, RULES))
        .allMatch(name -> name.matches("[a-z_]+:conntrack_[a-z_]+:[a-z0-9_]+"));
  }

  @Test
  void thePageHasEachAndNoOther() {
    assertThat(names(LINE, PAGE)).isEqualTo(names(RECORD, RULES));
  }
}
