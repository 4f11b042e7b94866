package io.conntrack.exporter.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.files.FileText;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.testbed.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file is read at the start and when it has changed. */
class RulesFileTest {
  private static final String ONE = "rules: [{port: 80, group: web}]";
  private static final String TWO = "rules: [{port: 80, group: web}, {action: ignore}]";

  @TempDir private Path folder;
  private Path path;
  private final AtomicInteger changes = new AtomicInteger();

  @BeforeEach
  void write() throws IOException {
    path = Files.writeString(folder.resolve("rules.yaml"), ONE);
  }

  private RulesFile open() throws UsageException {
    return RulesFile.open(Optional.of(path));
  }

  private RulesFile followed() throws UsageException {
    RulesFile file = RulesFile.open(Optional.of(path), 20);
    file.follow(changes::incrementAndGet, new RuleDoubts(Set.of(6), false, true));
    return file;
  }

  @Test
  void withoutAFileThereAreNoRulesAndNothingIsTold() {
    try (RulesFile none = RulesFile.none()) {
      none.follow(changes::incrementAndGet, new RuleDoubts(Set.of(6), false, true));
      assertThat(none.rules().size()).isZero();
      assertThat(none.status()).isEmpty();
    }
  }

  @Test
  void whatIsWrongAtTheStartIsABadOption() throws IOException {
    Files.writeString(path, "rules:\n- {port: 80, grup: web}\n");
    assertThatThrownBy(this::open)
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--rules=" + path + ": line 2, column 14: unknown key 'grup'; ");
    Files.write(path, new byte[] {'r', (byte) 0xff});
    assertThatThrownBy(this::open)
        .hasMessage("--rules=" + path + ": the file is not UTF-8; save it as such");
    Files.writeString(path, "#".repeat(FileText.MAX_BYTES + 1));
    assertThatThrownBy(this::open)
        .hasMessage(
            "--rules="
                + path
                + ": the file is larger than 1 MiB; use fewer rules, or larger networks");
    Files.delete(path);
    assertThatThrownBy(this::open).hasMessage("--rules=" + path + ": there is no such file");
    Files.createDirectory(path);
    assertThatThrownBy(this::open)
        .hasMessage("--rules=" + path + ": this is no regular file; name one");
  }

  @Test
  void aFileThatIsWrittenAnewIsRead() throws Exception {
    try (RulesFile file = followed()) {
      Files.writeString(path, TWO);
      awaitStatus(file, new RulesStatus(2, true, 0, 2, 0));
      assertThat(file.rules().size()).isEqualTo(2);
      assertThat(changes).hasValue(1);
    }
  }

  @Test
  void aBadFileIsRefusedTheOldRulesStayAndAGoodOneIsTakenAgain() throws Exception {
    try (RulesFile file = followed()) {
      Files.writeString(path, "rules: [{port: 80}]");
      awaitStatus(file, new RulesStatus(1, false, 0, 1, 1));
      assertThat(file.rules().size()).isEqualTo(1);
      Files.delete(path);
      awaitStatus(file, new RulesStatus(1, false, 0, 1, 2));
      Files.writeString(path, TWO);
      awaitStatus(file, new RulesStatus(2, true, 0, 2, 2));
      assertThat(changes).hasValue(1);
    }
  }

  @Test
  void aFileOfTheSameSizeThatTakesItsPlaceIsReadAndTheSameRulesAreNoChange() throws Exception {
    try (RulesFile file = followed()) {
      Path next = Files.writeString(folder.resolve("next"), ONE);
      Files.setLastModifiedTime(next, Files.getLastModifiedTime(path));
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      awaitStatus(file, new RulesStatus(1, true, 0, 2, 0));
      assertThat(changes).hasValue(0);
    }
  }

  @Test
  void aChangeOfTheRulesForSourcesAloneIsAChange() throws Exception {
    try (RulesFile file = followed()) {
      Files.writeString(path, ONE + "\nsources: [{network: 10.3.0.0/16, group: office}]\n");
      awaitStatus(file, new RulesStatus(2, true, 0, 2, 0));
      assertThat(changes).hasValue(1);
      assertThat(file.rules().sources().size()).isEqualTo(1);
    }
  }

  /** rules.yaml leads to ..data/rules.yaml, and ..data, in turn, to another folder each time. */
  @Test
  void aConfigMapOfKubernetesThatIsExchangedIsRead() throws Exception {
    Files.delete(path);
    version("..1", ONE);
    Files.createSymbolicLink(folder.resolve("..data"), Path.of("..1"));
    Files.createSymbolicLink(path, Path.of("..data/rules.yaml"));
    try (RulesFile file = followed()) {
      version("..2", TWO);
      Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of("..2"));
      Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
      awaitStatus(file, new RulesStatus(2, true, 0, 2, 0));
    }
  }

  private void version(String name, String text) throws IOException {
    Files.writeString(Files.createDirectory(folder.resolve(name)).resolve("rules.yaml"), text);
  }

  /** Of which the time is not looked at. */
  private static void awaitStatus(RulesFile file, RulesStatus status) {
    Await.untilEqual(
        "the rules' status",
        Optional.of(status),
        () ->
            file.status()
                .map(now ->
                    new RulesStatus(
                        now.rules(), now.lastReadGood(), 0, now.good(), now.refused())));
  }
}
