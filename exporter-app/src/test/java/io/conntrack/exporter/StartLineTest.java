package io.conntrack.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UsageException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StartLineTest {
  private static final BuildInfo BUILD = new BuildInfo("1.2.3", "1a2b3c4", "25");

  private static String of(String... words) throws UsageException {
    Options options = Options.parse(words, Map.of());
    return StartLine.of(BUILD, options.configuration(), options.changed());
  }

  @Test
  void itTellsWhatStartsWhereAndWithWhichOptions() throws UsageException {
    assertThat(of())
        .matches(
            "Starting conntrack-exporter, version 1\\.2\\.3 \\(branch: unknown, revision: 1a2b3c4\\),"
                + " Java 25, in network namespace \\d+, to listen on \\[::]:9318, with default"
                + " options");
    assertThat(
            of("--web.listen-address=localhost:1,127.0.0.1:2", "--zones", "--netns=/run/netns/*"))
        .contains(", to listen on localhost:1 and 127.0.0.1:2, with ")
        .contains("--zones", "--netns=/run/netns/*");
    assertThat(of("--web.systemd-socket", "--web.listen-address=:1"))
        .contains(", to listen on the sockets of systemd, with --web.listen-address=:1 --web.");
  }
}
