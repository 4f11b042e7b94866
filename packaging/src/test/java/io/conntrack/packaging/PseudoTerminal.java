package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** The built program in a pseudo terminal, and what a person sees there: {@code terminal.py}. */
final class PseudoTerminal implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedReader answers;

  private PseudoTerminal(Process process) {
    this.process = process;
    this.answers = process.inputReader(UTF_8);
  }

  /** Of the environment the program gets PATH, TERM, a locale with UTF-8, and these variables. */
  static PseudoTerminal start(
      Namespace namespace, int rows, int columns, Map<String, String> variables, String... words) {
    Tool.require("python3", "python3");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("python3", "src/test/python/terminal.py", "" + rows, "" + columns));
    command.add(Path.of(System.getProperty("image"), "bin/conntrack-exporter").toString());
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().retainAll(List.of("PATH"));
    builder.environment().putAll(Map.of("TERM", "xterm-256color", "LC_ALL", "C.UTF-8"));
    builder.environment().putAll(variables);
    return new PseudoTerminal(namespace.exec(builder));
  }

  private JsonNode ask(String command) {
    try {
      var out = process.outputWriter(UTF_8);
      out.write(command + "\n");
      out.flush();
      return JSON.readTree(answers.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> lines() {
    return StreamSupport.stream(ask("screen").get("lines").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  List<String> await(String what, Predicate<List<String>> seen) {
    return Await.until(what, LIMIT, this::lines, seen);
  }

  /** Waits for a line that begins so. */
  String awaitLine(String begin) {
    return await(begin, lines -> lines.stream().anyMatch(line -> line.startsWith(begin))).stream()
        .filter(line -> line.startsWith(begin))
        .findFirst()
        .orElseThrow();
  }

  void type(String keys) {
    try {
      ask("keys " + JSON.writeValueAsString(keys));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void resize(int rows, int columns) {
    ask("resize " + rows + " " + columns);
  }

  void signal(String name) {
    ask("signal " + name);
  }

  /** What it left. */
  record End(int exitCode, boolean restored, String output) {}

  /** Waits for the end of the program. */
  End end() {
    JsonNode end = ask("end");
    boolean restored =
        end.get("restored").asBoolean()
            && end.get("cursor").asBoolean()
            && !end.get("alternate").asBoolean();
    return new End(end.get("exit").asInt(-1), restored, end.get("output").asText());
  }

  /** Sequences and overlong lines that a terminal would not know what to do with. */
  List<String> unknown() {
    return StreamSupport.stream(ask("screen").get("unknown").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  @Override
  public void close() {
    try {
      process.outputWriter(UTF_8).close();
      if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException | InterruptedException e) {
      process.destroyForcibly();
    }
  }
}
