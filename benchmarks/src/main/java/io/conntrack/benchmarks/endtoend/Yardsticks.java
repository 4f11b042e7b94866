package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The C programs of ../shared/yardsticks, beside this project's folder: what they do and print is
 * said at the top of each. They are compiled here; without them there is nothing to compare with.
 */
final class Yardsticks {
  private static final Path SOURCES = Path.of("../../../shared/yardsticks");
  private static final Path PROGRAMS = Path.of("yardsticks");
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final boolean present;

  private Yardsticks(boolean present) {
    this.present = present;
  }

  /** Compiles them, or says why there are none. */
  static Yardsticks compile() throws IOException, InterruptedException {
    if (!Files.isDirectory(SOURCES)) {
      System.err.println(
          "The yardsticks are not here (folder shared/yardsticks beside this project's): figures"
              + " are printed, but not compared with those of the C programs.");
      return new Yardsticks(false);
    }
    String out = "OUT=" + PROGRAMS.toAbsolutePath();
    ProcessBuilder make = new ProcessBuilder("make", "-s", "-C", SOURCES.toString(), out);
    if (make.inheritIO().start().waitFor() != 0) {
      System.err.println(
          "The yardsticks do not compile: they need gcc, libnetfilter-conntrack-dev and"
              + " libmnl-dev. Figures are not compared with those of the C programs.");
      return new Yardsticks(false);
    }
    return new Yardsticks(true);
  }

  boolean arePresent() {
    return present;
  }

  /** One dump by {@code flowdump} in this mode, {@code raw} or {@code lib}: CPU time in ns. */
  double dump(Namespace namespace, String mode, int flows) {
    String result = namespace.sh(program("flowdump") + " " + mode + " 1");
    require(result, "flows", flows);
    return number(result, "cpu_s") * 1e9;
  }

  /**
   * The CPU time in ns that {@code flowevents} takes in this mode, {@code mmsg} or {@code lib}, for
   * so many events, which the writing raises.
   */
  double events(Namespace namespace, String mode, int count, Runnable writing) {
    String result = listen(namespace, mode, count, writing);
    require(result, "events", count);
    require(result, "overruns", 0);
    return number(result, "cpu_s") * 1e9;
  }

  /** Does the work while {@code flowevents} listens in this mode, until a second after it. */
  void listening(Namespace namespace, String mode, Runnable work) {
    String result = listen(namespace, mode, Integer.MAX_VALUE, work);
    if (number(result, "events") == 0) {
      throw new IllegalStateException("flowevents got no event: " + result.strip());
    }
  }

  private static String listen(Namespace namespace, String mode, int count, Runnable work) {
    try {
      Path said = Files.createTempFile(Path.of("."), "flowevents", ".err");
      Process process =
          namespace.exec(
              new ProcessBuilder(program("flowevents"), mode, Integer.toString(count))
                  .redirectError(Redirect.to(said.toFile())));
      Await.until("flowevents to listen", () -> read(said), text -> text.contains("ready"));
      Files.delete(said);
      work.run();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs {@code ctfill} with these options to its end.
   *
   * @return how long it took, in seconds
   */
  double fill(Namespace namespace, String options) throws IOException, InterruptedException {
    Path said = Files.createTempFile(Path.of("."), "ctfill", ".out");
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", "exec " + program("ctfill") + " " + options);
    Process process = namespace.exec(builder.redirectOutput(Redirect.to(said.toFile())));
    Await.until("ctfill to end", LIMIT, process::isAlive, alive -> !alive);
    String result = read(said);
    Files.delete(said);
    require(result, "errors", 0);
    return number(result, "wall_s");
  }

  private static String program(String name) {
    return PROGRAMS.resolve(name).toAbsolutePath().toString();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void require(String result, String key, long expected) {
    if (number(result, key) != expected) {
      throw new IllegalStateException(key + " should be " + expected + ": " + result.strip());
    }
  }

  private static double number(String json, String key) {
    Matcher value = Pattern.compile("\"" + key + "\":([-0-9.]+)").matcher(json);
    if (!value.find()) {
      throw new IllegalStateException("no " + key + " in the yardstick's output: " + json.strip());
    }
    return Double.parseDouble(value.group(1));
  }
}
