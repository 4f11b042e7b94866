package io.conntrack.exporter.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.terms.UsageException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RenamedOptionTest {
  private static final List<RenamedOption> RENAMED =
      List.of(new RenamedOption("--resync-period", "--resync-interval", "1.3"));

  private static Options parse(Map<String, String> environment, String... words)
      throws UsageException {
    return Options.parse(words, environment, RENAMED);
  }

  @Test
  void anOldNameWorksAndIsWarnedOf() throws UsageException {
    for (String[] words :
        List.of(
            new String[] {"--resync-period=7s"},
            new String[] {"--resync-period", "7s"},
            new String[] {"check", "--resync-period=7s"})) {
      Options options = parse(Map.of(), words);
      assertThat(options.configuration().resyncInterval()).contains(Duration.ofSeconds(7));
      assertThat(options.wrongNames())
          .containsExactly(
              "--resync-period has a new name: write --resync-interval. Version 1.3 is the last"
                  + " that takes the old one");
      assertThat(options.changed()).containsExactly("--resync-interval=7s");
    }
  }

  @Test
  void anOldVariableWorksAndIsWarnedOf() throws UsageException {
    Options options = parse(Map.of("CONNTRACK_EXPORTER_RESYNC_PERIOD", "7s"));
    assertThat(options.configuration().resyncInterval()).contains(Duration.ofSeconds(7));
    assertThat(options.wrongNames())
        .containsExactly(
            "CONNTRACK_EXPORTER_RESYNC_PERIOD has a new name: write"
                + " CONNTRACK_EXPORTER_RESYNC_INTERVAL. Version 1.3 is the last that takes the old"
                + " one");
  }

  @Test
  void theNewVariableWinsAndTheCommandLineWinsOverBoth() throws UsageException {
    Map<String, String> both =
        Map.of(
            "CONNTRACK_EXPORTER_RESYNC_PERIOD", "7s", "CONNTRACK_EXPORTER_RESYNC_INTERVAL", "8s");
    assertThat(parse(both).configuration().resyncInterval()).contains(Duration.ofSeconds(8));
    assertThat(parse(both).wrongNames())
        .containsExactly(
            "CONNTRACK_EXPORTER_RESYNC_PERIOD is ignored: its new name,"
                + " CONNTRACK_EXPORTER_RESYNC_INTERVAL, is set too");
    assertThat(parse(both, "--resync-period=9s").configuration().resyncInterval())
        .contains(Duration.ofSeconds(9));
  }

  @Test
  void aNewNameIsNotWarnedOf() throws UsageException {
    Options options =
        parse(Map.of("CONNTRACK_EXPORTER_RESYNC_PERIOD", " "), "--resync-interval=7s");
    assertThat(options.wrongNames()).isEmpty();
  }

  @Test
  void anotherOptionThatBeginsAlikeIsUnknown() {
    assertThatThrownBy(() -> parse(Map.of(), "--resync-periods=7s"))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("unknown option --resync-periods");
  }

  @Test
  void eachNewNameIsAnOptionAndNoOldNameIs() {
    var options = OptionTable.spec().optionsMap().keySet();
    assertThat(RenamedOption.ALL).allMatch(each -> options.contains(each.newName()));
    assertThat(RenamedOption.ALL).noneMatch(each -> options.contains(each.oldName()));
  }
}
