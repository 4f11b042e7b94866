package io.conntrack.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DocumentsTest {
  private static final Results NONE = new Results("a machine", List.of());

  /**
   * Nobody has written in them by hand: make bench-record makes the text, or this test with
   * -Ddocuments.write=true.
   */
  @ParameterizedTest
  @EnumSource
  void aDocumentShowsWhatWasRecorded(Documents document) throws IOException {
    Results recorded = Results.read(Path.of("last-results.txt"));
    if (Boolean.getBoolean("documents.write")) {
      document.write(document.file(), recorded);
    }
    String text = Files.readString(document.file());
    assertThat(document.replaced(text, recorded)).isEqualTo(text);
  }

  @Test
  void resultsTakeThePlaceOfOldOnes() {
    String place = "<!-- last results, by make bench-record -->\n%s<!-- end of last results -->\n";
    String document = "before\n" + place.formatted("old\n") + "after\n";
    String table = Table.ofResults(List.of());
    assertThat(Documents.README.replaced(document, NONE))
        .isEqualTo(
            "before\n"
                + place.formatted("\nThe last record was made on a machine.\n\n" + table + "\n")
                + "after\n");
  }

  @Test
  void aDocumentWithoutAPlaceForResultsIsRefused() {
    assertThatThrownBy(() -> Documents.README.replaced("text", NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatWasNotMeasuredIsSaidToBeSo() {
    assertThat(Sizing.text(NONE)).contains("not measured");
  }

  @Test
  void sizesComeFromTheMedians() {
    Row event =
        Row.of("events", "an event", "us", Samples.of(1, 2, 5)).beside("mmsg", Samples.of(1));
    Results results = new Results("a machine", List.of(new Result("events", "today", event)));
    assertThat(Sizing.text(results)).containsPattern("\\| 10,000 +\\| 2 % of a core ");
  }
}
