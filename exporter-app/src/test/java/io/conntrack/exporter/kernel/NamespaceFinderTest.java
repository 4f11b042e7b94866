package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the paths of {@code --netns} lead to, and what is said of the others. */
@KernelTest
class NamespaceFinderTest {
  @TempDir private Path folder;
  @AutoClose private final Namespace blue = Namespace.create();
  @AutoClose private final Namespace red = Namespace.create();

  private static NamespaceFinder.Found find(String option) throws ConntrackException {
    return new NamespaceFinder(NamespacePattern.list(option)).find();
  }

  private Path link(String name, Namespace namespace) throws IOException {
    return Files.createSymbolicLink(folder.resolve(name), namespace.path());
  }

  @Test
  void aPatternThatMatchesNothingIsToldWithTheReason() throws Exception {
    NamespaceFinder.Found found = find("/nope," + folder + "/nope," + folder + "/x/*");
    assertThat(found.namespaces()).isEmpty();
    assertThat(found.refused()).isEmpty();
    assertThat(found.missing().values())
        .containsExactlyInAnyOrder(
            "--netns=/nope matches nothing now: there is no such file",
            "--netns=" + folder + "/nope matches nothing now: there is no such file",
            "--netns=" + folder + "/x/* matches nothing now: there is no folder " + folder + "/x");
  }

  @Test
  void aProcessThatIsNotThereIsTold() throws Exception {
    assertThat(find("/proc/99999999/ns/net").missing().values())
        .containsExactly(
            "--netns=/proc/99999999/ns/net matches nothing now: there is no such process");
  }

  @Test
  void whatIsThereIsReadByItsNameOrRefusedWithTheReason() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    Path there = Files.createDirectory(folder.resolve("there"));
    Files.createSymbolicLink(there.resolve("blue"), blue.path());
    Files.createSymbolicLink(other.resolve("blue"), red.path());
    Path file = Files.writeString(there.resolve("file"), "no namespace");

    NamespaceFinder.Found found = find(there + "/*," + other + "/blue");
    assertThat(found.namespaces()).containsOnlyKeys("blue");
    assertThat(found.missing()).isEmpty();
    assertThat(found.refused()).containsOnlyKeys(file, other.resolve("blue"));
    assertThat(found.refused().get(other.resolve("blue")))
        .contains("has the same name", "--netns=NAME=" + other + "/blue");

    assertThat(find(there + "/blue,red one=" + other + "/blue").namespaces())
        .containsOnlyKeys("blue", "red one");
  }

  @Test
  void whatWasFoundStaysWhenNoMoreFilesCanBeOpened() throws Exception {
    Path file = link("blue", blue);
    link("red", red);
    NamespaceFinder finder = new NamespaceFinder(NamespacePattern.list(folder + "/*"));
    assertThat(finder.find().namespaces()).containsOnlyKeys("blue", "red");

    Files.delete(file);
    NamespaceFinder.Found found;
    long before = openFilesLimit();
    OpenFiles.limit(ProcessHandle.current().pid(), 3);
    try {
      found = finder.find();
    } finally {
      OpenFiles.limit(ProcessHandle.current().pid(), before);
    }
    assertThat(found.namespaces()).containsOnlyKeys("red");
    assertThat(found.refused().get(folder))
        .isEqualTo("--netns=" + folder + "/* cannot be looked at: Too many open files");
  }

  private static long openFilesLimit() throws IOException {
    try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"))) {
      String line =
          limits.filter(each -> each.startsWith("Max open files")).findAny().orElseThrow();
      return Long.parseLong(line.split("\\s+", -1)[3]);
    }
  }

  @Test
  void ofOneNamespaceTheFirstPathGivesTheName() throws Exception {
    link("a", blue);
    link("b", blue);
    assertThat(find("first=" + folder + "/b," + folder + "/*").namespaces())
        .containsOnlyKeys("first");
  }
}
