package io.conntrack.exporter.top;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextTest {
  private final Text utf8 = new Text(UTF_8);
  private final Text ascii = new Text(US_ASCII);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\033[2J",
        "a\rb",
        "a\nb",
        "\007",
        "\u009b31m",
        "\u007f",
        "\u202egnp.exe",
        "\u2066",
        "\u200b",
        "\ud800",
        "\ue000",
        "\u2028",
        "\u0000"
      })
  void whatMovesTheCursorOrTurnsTextRoundIsAQuestionMark(String hostile) {
    assertThat(utf8.of(hostile)).contains("?").doesNotContainPattern("[\\p{Cntrl}\\p{Cf}]");
    assertThat(utf8.of(hostile)).hasSameSizeAs(hostile);
  }

  @Test
  void namesOfTwoCellsALetterKeepTheColumns() {
    assertThat(Text.width("データベース")).isEqualTo(12);
    assertThat(Text.width(utf8.left("データベース", 20))).isEqualTo(20);
    assertThat(utf8.left("データベース", 6)).isEqualTo("デー… ");
    assertThat(utf8.left("データベース", 7)).isEqualTo("データ…");
    assertThat(utf8.right("日本", 5)).isEqualTo(" 日本");
  }

  @Test
  void combiningMarksTakeNoCell() {
    assertThat(Text.width("e\u0301")).isEqualTo(1);
    assertThat(utf8.left("e\u0301", 3)).isEqualTo("e\u0301  ");
  }

  @Test
  void whatDoesNotFitIsCutWithASign() {
    assertThat(utf8.left("[2001:db8::1]:443", 10)).isEqualTo("[2001:db8…");
    assertThat(ascii.left("[2001:db8::1]:443", 10)).isEqualTo("[2001:db8~");
    assertThat(utf8.left("abc", 0)).isEmpty();
    assertThat(utf8.left("abc", 1)).isEqualTo("…");
  }

  @Test
  void aTerminalWithoutUnicodeGetsOtherSigns() {
    assertThat(ascii.of("▲ ✓ – µs ü")).isEqualTo("! * - us ?");
    assertThat(utf8.of("▲ ✓ – µs ü")).isEqualTo("▲ ✓ – µs ü");
  }
}
