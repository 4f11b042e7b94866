package io.conntrack.exporter.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
  @ParameterizedTest
  @CsvSource({"NaN, –", "0, 0", "0.04, 0.04", "8.84, 8.8", "1234.4, '1,234'"})
  void ratesHaveTheDigitsThatMatter(double perSecond, String words) {
    assertThat(Words.rate(perSecond)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"NaN, –", "0, 0 B", "999, 999 B", "12500, 12.5 kB", "150e9, 150 GB", "5e15, 5000 TB"})
  void bytesHaveAUnit(double perSecond, String words) {
    assertThat(Words.bytes(perSecond)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"NaN, –", "Infinity, –", "8e-6, 8 µs", "0.0123, 12.3 ms", "1.234, 1.23 s"})
  void timesHaveThreeDigits(double seconds, String words) {
    assertThat(Words.seconds(seconds)).isEqualTo(words);
  }
}
