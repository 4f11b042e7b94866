package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Commands that take longer than {@link Namespace#sh} has patience for. */
final class Script {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private Script() {}

  /**
   * Builds a package of the built image in the folder, and returns its file. The settings are
   * variables of the script, such as {@code DEB_LEVEL=0}.
   */
  static String buildPackage(Namespace namespace, String script, Path folder, String... settings)
      throws Exception {
    List<Object> command = new ArrayList<>(List.of("env"));
    command.addAll(List.of(settings));
    command.add(script);
    command.add(System.getProperty("java.home"));
    command.add(System.getProperty("modules"));
    command.add(System.getProperty("image"));
    command.add(folder);
    return run(namespace, command.toArray()).strip();
  }

  /** Runs the command inside to its end, with exit code 0, and returns all that it wrote. */
  static String run(Namespace namespace, Object... command) throws Exception {
    Path output = Files.createTempFile("script", ".log");
    try {
      List<String> words = List.of(command).stream().map(Object::toString).toList();
      ProcessBuilder builder =
          new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      Process process = namespace.exec(builder);
      boolean ended = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
      String text = Files.readString(output);
      assertThat(ended).as("ended within %s: %s", LIMIT, text).isTrue();
      assertThat(process.exitValue()).as("exit code of %s: %s", words, text).isZero();
      return text;
    } finally {
      Files.delete(output);
    }
  }
}
