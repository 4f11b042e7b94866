package io.conntrack.exporter.names;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.terms.HostPattern;

/** Any text is names that are fine labels, or is refused with a printable sentence. */
class NamesParserFuzz {
  @FuzzTest
  void parse(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    try {
      NameTable table = NamesParser.parse(text, false);
      String name = table.name(HostPattern.network("10.0.1.5"));
      assertThat(name == null || name.matches("[!-~&&[^\"\\\\]]{1,253}")).isTrue();
      assertThat(NamesParser.parse(text, true).size()).isEqualTo(table.size());
    } catch (FileException e) {
      assertThat(e.getMessage()).matches("[ -~]+");
    }
  }
}
