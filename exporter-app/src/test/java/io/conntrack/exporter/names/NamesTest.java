package io.conntrack.exporter.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.testbed.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamesTest {
  @TempDir private Path folder;

  private NameSource write(String file, String text) throws Exception {
    return new NameSource(Files.writeString(folder.resolve(file), text), false);
  }

  @Test
  void theFirstSourceThatHasANameCounts() throws Exception {
    NameSource first = write("first", "10.0.1.5 one\n");
    NameSource second = write("second", "10.0.1.5 two\n10.0.1.6 three\n");
    try (Names names = Names.open(List.of(first, second))) {
      assertThat(names.ofLabel("10.0.1.5:3306")).isEqualTo("one");
      assertThat(names.ofLabel("10.0.1.6")).isEqualTo("three");
      assertThat(names.ofLabel("10.0.1.7")).isNull();
      assertThat(names.ofLabel("other")).isNull();
      assertThat(names.ofLabel("db-group")).isNull();
      assertThat(names.files().orElseThrow().names()).isEqualTo(3);
    }
  }

  @Test
  void aFileIsReadAgainWhenItHasChangedAndABadOneLeavesTheNames() throws Exception {
    NameSource source = write("names", "10.0.1.5 one\n");
    try (Names names = Names.open(List.of(source), 20)) {
      names.follow();
      write("names", "10.0.1.5 two\n");
      Await.untilEqual("the new name", "two", () -> names.ofLabel("10.0.1.5"));

      write("names", "10.0.1.5\n");
      Await.untilEqual("the refusal", false, () -> names.files().orElseThrow().lastReadGood());
      assertThat(names.ofLabel("10.0.1.5")).isEqualTo("two");

      Files.delete(source.file());
      names.readAgain();
      assertThat(names.ofLabel("10.0.1.5")).isEqualTo("two");

      write("names", "10.0.1.5 three\n");
      Await.untilEqual("the newest name", "three", () -> names.ofLabel("10.0.1.5"));
      Await.untilEqual("the good file", true, () -> names.files().orElseThrow().lastReadGood());
    }
  }

  @Test
  void aFileThatIsWrongAtTheStartIsRefusedWithItsPlace() throws Exception {
    NameSource source = write("names", "10.0.1.5 one\nten two\n");
    assertThatThrownBy(() -> Names.open(List.of(source)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--names=" + source.file() + ": line 2, column 1: 'ten' must be");
    NameSource missing = new NameSource(folder.resolve("none"), false);
    assertThatThrownBy(() -> Names.open(List.of(missing)))
        .hasMessageContaining("--names=" + missing.file() + ": there is no such file");
  }

  @Test
  void withoutSourcesThereIsNothing() {
    try (Names names = Names.none()) {
      names.follow();
      assertThat(names.isEmpty()).isTrue();
      assertThat(names.ofLabel("10.0.1.5")).isNull();
      assertThat(names.files()).isEmpty();
      assertThat(names.dns()).isEmpty();
    }
  }
}
