package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Programs that a test needs and that not every machine has. */
final class Tool {
  private Tool() {}

  /** Skips the test where the program is missing; fails it where no test may be skipped. */
  static void require(String program, String debianPackage) {
    String missing = program + " is missing: the package " + debianPackage + " of Debian has it";
    if (!isInstalled(program) && mustRun()) {
      throw new AssertionError(missing);
    }
    assumeTrue(isInstalled(program), missing);
  }

  /** Skips the test where a file of the build is missing; fails it where none may be skipped. */
  static void requireFile(Path file, String remedy) {
    String missing = file + " is missing: " + remedy;
    if (!Files.exists(file) && mustRun()) {
      throw new AssertionError(missing);
    }
    assumeTrue(Files.exists(file), missing);
  }

  /** Skips the test where the program is missing, everywhere: no package of Debian has it. */
  static void assumeInstalled(String program) {
    assumeTrue(isInstalled(program), program + " is missing");
  }

  /**
   * A program of another Debian suite, below the build's folder. Skips the test where it cannot be
   * had.
   */
  static Path ofSuite(String suite, String debianPackage, String program) {
    Path folder = Path.of("target", suite, debianPackage).toAbsolutePath();
    Path file = folder.resolve("root/usr/bin").resolve(program);
    if (!Files.exists(file)) {
      assumeTrue(download(folder, suite, debianPackage), suite + " of Debian cannot be reached");
    }
    return file;
  }

  private static boolean download(Path folder, String suite, String debianPackage) {
    try {
      return new ProcessBuilder("scripts/from-debian.sh", folder.toString(), suite, debianPackage)
              .inheritIO()
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** What the program prints; nothing where it is missing. */
  static String output(String program, String option) {
    if (!isInstalled(program)) {
      return "";
    }
    try {
      Process process = new ProcessBuilder(program, option).redirectErrorStream(true).start();
      return new String(process.getInputStream().readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean mustRun() {
    return "1".equals(System.getenv("CONNTRACK_TESTS_MUST_RUN"))
        || "true".equals(System.getenv("CI"));
  }

  private static boolean isInstalled(String program) {
    return Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1))
        .anyMatch(bin -> Files.isExecutable(Path.of(bin, program)));
  }
}
