package io.conntrack.exporter.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.terms.HostPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesParserTest {
  private static final String TEXT =
      """
      # written by a job
      10.0.1.5      payments-db   # the primary
      10.0.1.5      ignored
      10.0.0.0/8    inside
      10.0.1.128/25 upper
      0.0.0.0/0     ipv4
      2001:db8::1   mail mail.example.com
      2001:db8::/32 lab
      ::/0          ipv6\r
      \t
      """;

  private static String name(String address) throws FileException {
    return NamesParser.parse(TEXT, false).name(HostPattern.network(address));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.1.5, payments-db",
    "10.0.1.5:3306, payments-db",
    "10.0.1.6, inside",
    "10.0.1.127, inside",
    "10.0.1.128, upper",
    "10.0.1.255, upper",
    "10.0.2.0, inside",
    "11.0.0.1, ipv4",
    "2001:db8::1, mail",
    "[2001:db8::1]:443, mail",
    "2001:db8::2, lab",
    "2001:db9::1, ipv6",
    "10.0.1.128/26, upper",
    "10.0.1.0/24, inside",
    "10.0.0.0/7, ipv4"
  })
  void theSmallestNetworkHasTheName(String address, String name) throws FileException {
    assertThat(name(address)).isEqualTo(name);
  }

  @Test
  void anEmptyFileHasNoNames() throws FileException {
    NameTable table = NamesParser.parse("\n# nothing\n", false);
    assertThat(table.size()).isZero();
    assertThat(table.name(HostPattern.network("10.0.1.5"))).isNull();
    assertThat(NamesParser.parse(TEXT, false).size()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "10.0.1 db | line 2, column 1: '10.0.1' must be an address or a network such as 10.0.1.5,"
            + " 10.2.0.0/16 or 2001:db8::/32",
        "10.0.1.5:80 db | line 2, column 1: '10.0.1.5:80' must be an address or a network such as"
            + " 10.0.1.5, 10.2.0.0/16 or 2001:db8::/32",
        "10.0.1.0/33 db | line 2, column 1: '10.0.1.0/33' must be an address or a network such as"
            + " 10.0.1.5, 10.2.0.0/16 or 2001:db8::/32",
        "db 10.0.1.5 | line 2, column 1: 'db' must be an address or a network such as 10.0.1.5,"
            + " 10.2.0.0/16 or 2001:db8::/32",
        "  10.0.1.5 # db | line 2, column 3: '10.0.1.5' has no name; write one behind it",
        "10.0.1.5 d\"b | line 2, column 10: the name 'd\"b' must have 1 to 253 characters of"
            + " printable ASCII, without \" and \\",
        "10.0.1.5 dé | line 2, column 10: the name 'd?' must have 1 to 253 characters of"
            + " printable ASCII, without \" and \\"
      })
  void aWrongLineIsToldWithItsPlace(String line, String message) {
    assertThatThrownBy(() -> NamesParser.parse("# one\n" + unstripped(line), false))
        .isInstanceOf(FileException.class)
        .hasMessage(message);
  }

  /** What the table of cases has stripped. */
  private static String unstripped(String line) {
    return line.contains("# db") ? "  " + line : line;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFileWithTooManyNamesIsRefused(boolean lenient) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i <= NamesParser.MOST_NAMES; i++) {
      text.append("10.%d.%d.%d n\n".formatted(i >> 16, (i >> 8) & 255, i & 255));
    }
    assertThatThrownBy(() -> NamesParser.parse(text.toString(), lenient))
        .hasMessage(
            "line 50001, column 1: the file has more than 50000 names; name networks in place of"
                + " addresses");
  }

  @Test
  void whereOthersWriteTheFileWrongLinesArePassedOver() throws FileException {
    String text = "127.0.0.1 localhost\nfe80::1%lo0 localhost\nnonsense\n10.0.1.5 db";
    NameTable table = NamesParser.parse(text, true);
    assertThat(table.size()).isEqualTo(2);
    assertThat(table.name(HostPattern.network("10.0.1.5"))).isEqualTo("db");
  }
}
