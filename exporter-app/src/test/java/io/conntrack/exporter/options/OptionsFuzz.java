package io.conntrack.exporter.options;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.exporter.terms.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Any command line and environment is a configuration within the documented bounds, or is refused
 * with a sentence. A line of the input is a word of the command line, or a variable if it begins
 * like one.
 */
class OptionsFuzz {
  @FuzzTest
  void configuration(byte[] bytes) {
    List<String> words = new ArrayList<>();
    Map<String, String> environment = new HashMap<>();
    for (String line : new String(bytes, UTF_8).split("\n", -1)) {
      int equals = line.indexOf('=');
      if (line.startsWith("CONNTRACK_EXPORTER_") && equals > 0) {
        environment.put(line.substring(0, equals), line.substring(equals + 1));
      } else {
        words.add(line);
      }
    }
    try {
      check(Options.parse(words.toArray(String[]::new), environment).configuration());
    } catch (UsageException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  private static void check(Configuration configuration) {
    assertThat(configuration.listenAddresses()).isNotEmpty();
    assertThat(configuration.listenPath()).startsWith("/");
    assertThat(configuration.resyncInterval().orElse(Duration.ofHours(1)))
        .isBetween(Duration.ofMillis(100), Duration.ofHours(24));
    assertThat(configuration.endpointRetention()).isBetween(Duration.ZERO, Duration.ofHours(24));
    assertThat(configuration.maxEndpoints()).isPositive();
    assertThat(configuration.netlinkBufferBytes()).isBetween(64 << 10, 1 << 30);
  }
}
