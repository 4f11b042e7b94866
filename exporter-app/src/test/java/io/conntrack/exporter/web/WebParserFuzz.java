package io.conntrack.exporter.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.exporter.files.FileException;
import java.nio.file.Path;

/** Any text is settings, or is refused with a printable sentence. */
class WebParserFuzz {
  private static final Path FOLDER = Path.of("/nowhere");

  @FuzzTest
  void parse(byte[] bytes) {
    try {
      WebSettings settings = WebParser.parse(new String(bytes, UTF_8), FOLDER, path -> {});
      assertThat(settings.headers().values()).allMatch(value -> value.matches("[ -~]*"));
      assertThat(settings.users().values()).allMatch(hash -> hash.matches("[ -~]{60}"));
    } catch (FileException e) {
      assertThat(e.getMessage()).matches("[ -~]+");
    }
  }
}
