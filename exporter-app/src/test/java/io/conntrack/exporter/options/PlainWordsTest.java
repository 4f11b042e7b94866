package io.conntrack.exporter.options;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.terms.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is taken apart without picocli, picocli takes apart in the same way. */
final class PlainWordsTest {
  private static final int CASES = 1_500;
  private static final List<String> OTHERS =
      List.of("check", "top", "9101", "", "-", "--", "-x", "-ed", "-l9101", "@file", "a=b", "true");

  @Test
  void picocliSaysTheSameOfWordsThatArePlain() {
    Random random = new Random(1);
    List<OptionRow> rows = OptionTable.rows("");
    int plainOnes = 0;
    for (int i = 0; i < CASES; i++) {
      String[] words = words(random, rows);
      Optional<Map<OptionRow, List<String>>> plain = PlainWords.parse(rows, words);
      if (plain.isPresent()) {
        plainOnes += words.length == 0 ? 0 : 1;
        Map<OptionRow, List<String>> picoclis = assertThatIsTaken(words);
        assertThat(texts(plain.get())).as(String.join(" ", words)).isEqualTo(texts(picoclis));
      }
    }
    assertThat(plainOnes).isGreaterThan(CASES / 10);
  }

  private static Map<OptionRow, List<String>> assertThatIsTaken(String... words) {
    try {
      return PicocliWords.parse(words).given();
    } catch (UsageException e) {
      throw new AssertionError(String.join("|", words), e);
    }
  }

  private static String[] words(Random random, List<OptionRow> rows) {
    List<String> words = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      OptionRow row = rows.get(random.nextInt(rows.size()));
      String name = row.names().get(random.nextInt(row.names().size()));
      switch (random.nextInt(8)) {
        case 0 -> words.add(OTHERS.get(random.nextInt(OTHERS.size())));
        case 1 -> words.add(name + "=" + OTHERS.get(random.nextInt(OTHERS.size())));
        case 2, 3 -> words.add(name);
        case 4 -> words.addAll(List.of(name, OTHERS.get(random.nextInt(OTHERS.size()))));
        case 5 -> words.addAll(List.of(name, "false"));
        case 6 -> words.add(name + "=true");
        default -> words.add(name + "=some value");
      }
    }
    return words.toArray(String[]::new);
  }

  /** Of an option that may be given once, the last value counts. */
  private static Map<String, List<String>> texts(Map<OptionRow, List<String>> given) {
    Map<String, List<String>> texts = new java.util.TreeMap<>();
    given.forEach((row, values) ->
        texts.put(
            row.name(), row.kind() == OptionRow.Kind.LIST ? values : List.of(values.getLast())));
    return texts;
  }

  @Test
  void theWordsOfMostStartsArePlain() {
    List<OptionRow> rows = OptionTable.rows("");
    assertThat(PlainWords.parse(rows)).isPresent();
    assertThat(PlainWords.parse(rows, "--listen-port=9101", "--client-ports", "--histograms"))
        .isPresent();
    assertThat(PlainWords.parse(rows, "-l", "9101", "--netns", "/run/netns/*")).isPresent();
    assertThat(PlainWords.parse(rows, "check")).isEmpty();
    assertThat(PlainWords.parse(rows, "--help")).isEmpty();
    assertThat(PlainWords.parse(rows, "--listen-prot=9101")).isEmpty();
  }
}
