package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The runtime image as files: its size, whether it is reproducible, and its AOT cache. */
@KernelTest
final class ImageTest {
  private static final Path IMAGE = Path.of(System.getProperty("image"));
  private static final Path CACHE = Path.of("lib", "conntrack-exporter.aot");
  private static final Path TLS_CACHE = Path.of("lib", "conntrack-exporter-tls.jsa");

  /** The JDK whose runtime packages ship. Those of others are larger, 87 MB of JDK 27. */
  private static final int SHIPPED_JDK = 25;

  private static final long MAX_BYTES = 84_800_000;
  private static final long MAX_BYTES_OF_OTHERS = 88_000_000;

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void itIsSmallWithItsCache() {
    assertThat(files(IMAGE)).containsKeys(CACHE, TLS_CACHE);
    long bytes = files(IMAGE).values().stream().mapToLong(ImageTest::size).sum();
    int jdk = Runtime.version().feature();
    assertThat(bytes).isLessThanOrEqualTo(jdk == SHIPPED_JDK ? MAX_BYTES : MAX_BYTES_OF_OTHERS);
  }

  @Test
  void theSameModulesMakeTheSameImageButForTheCache() throws Exception {
    Path again = folder.resolve("again");
    namespace.sh(
        "scripts/build-image.sh '%s' '%s' src/main/launcher '%s'"
            .formatted(System.getProperty("java.home"), System.getProperty("modules"), again));
    Map<Path, Path> built = files(IMAGE);
    built.keySet().removeAll(List.of(CACHE, TLS_CACHE));
    Map<Path, Path> rebuilt = files(again);
    assertThat(rebuilt.keySet()).isEqualTo(built.keySet());
    rebuilt.forEach((name, file) -> assertThat(file).hasSameBinaryContentAs(built.get(name)));

    // With the cache of the first, as docs/releases.md builds a published package again.
    namespace.sh(
        "AOT='%s' scripts/train.sh '%s' '%s'"
            .formatted(IMAGE, System.getProperty("java.home"), again));
    assertThat(files(again).keySet()).contains(CACHE, TLS_CACHE).isEqualTo(files(IMAGE).keySet());
    files(again)
        .forEach((name, file) -> assertThat(file).hasSameBinaryContentAs(IMAGE.resolve(name)));
    assertTellsItsVersion(Launch.in(namespace).image(again).with("JAVA_OPTS", "-XX:AOTMode=on"));
  }

  @Test
  void aCopyElsewhereUsesTheCache() throws Exception {
    assertTellsItsVersion(Launch.in(namespace).image(copy()).with("JAVA_OPTS", "-XX:AOTMode=on"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-XX:-UseSerialGC -XX:+UseParallelGC", "-XX:-UseCompactObjectHeaders", "-Xmx33g"})
  void aCacheThatDoesNotFitOtherSettingsIsPassedOverInSilence(String setting) throws Exception {
    assertTellsItsVersion(Launch.in(namespace).with("JAVA_OPTS", setting));
  }

  @Test
  void aCacheThatIsDamagedOrMissingIsPassedOverInSilence() throws Exception {
    Path copy = copy();
    try (var cache = new RandomAccessFile(copy.resolve(CACHE).toFile(), "rw")) {
      cache.setLength(cache.length() / 2);
    }
    assertTellsItsVersion(Launch.in(namespace).image(copy));
    Files.delete(copy.resolve(CACHE));
    assertTellsItsVersion(Launch.in(namespace).image(copy));
  }

  private Path copy() {
    Path copy = folder.resolve("a copy");
    namespace.sh("cp -r '%s' '%s'".formatted(IMAGE, copy));
    return copy;
  }

  private static void assertTellsItsVersion(Launch launch) throws Exception {
    try (Program program = launch.start("--version")) {
      assertThat(program.awaitExit()).as("exit code; log: %s", program.log()).isZero();
      assertThat(program.log()).isEmpty();
      assertThat(program.output()).contains(System.getProperty("version"));
    }
  }

  /** All files in the folder, by their names relative to it. */
  private static Map<Path, Path> files(Path root) {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile)
          .collect(Collectors.toMap(root::relativize, file -> file, (a, b) -> a, TreeMap::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
