package io.conntrack.exporter.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.exporter.files.FileException;

/** Any text is a key, or is refused with a printable sentence. */
class PemKeyFuzz {
  @FuzzTest
  void parse(byte[] bytes) {
    try {
      assertThat(PemKey.of(new String(bytes, UTF_8)).key()).isNotNull();
    } catch (FileException e) {
      assertThat(e.getMessage()).matches("[ -~]+");
    }
  }
}
