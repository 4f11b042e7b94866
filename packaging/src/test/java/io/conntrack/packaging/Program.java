package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The built program while it runs, and what it leaves. Closing kills it if it still runs, and holds
 * it to its log: lines of known form, and never a stack trace or a word of the JVM.
 */
public final class Program implements AutoCloseable {
  /** For a start on a machine that is busy with other things. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final Pattern SERVING = Pattern.compile("INFO  Serving metrics at (\\S+)");
  private static final Pattern LOG_LINE =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z (DEBUG|INFO |WARN |ERROR) \\S.*"
              + "|<[3-7]>\\S.*" // for the journal
              + "|\\{\"ts\":\"\\S+\",\"level\":\"[a-z]+\",\"msg\":\"\\S.*\"}"
              + "|conntrack-exporter: \\S.*"
              + "|\\[\\S+s\\]\\[warning\\]\\[os,thread *\\] Failed to start .*" // by the JVM
              + "|Try 'conntrack-exporter --help'\\.");

  private final Namespace namespace;
  private final Process process;
  private final Path folder;

  /** Owns the process and the folder, with the files {@code output} and {@code error}. */
  Program(Namespace namespace, Process process, Path folder) {
    this.namespace = namespace;
    this.process = process;
    this.folder = folder;
  }

  public long pid() {
    return process.pid();
  }

  /** What it has written on standard error so far. */
  public List<String> log() {
    return read("error").lines().toList();
  }

  /** The lines of the log with this level, or other text. */
  public List<String> log(String text) {
    return log().stream().filter(line -> line.contains(text)).toList();
  }

  /** The same, once there is one: what a line tells is seen elsewhere before it is written. */
  public List<String> awaitLog(String text) {
    return Await.until("a line of the log: " + text, () -> log(text), lines -> !lines.isEmpty());
  }

  /** What it has written on standard output so far, unless that was redirected. */
  String output() {
    return read("output");
  }

  private String read(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its standard output, if that was redirected to a pipe. */
  InputStream pipe() {
    return process.getInputStream();
  }

  /** The addresses that it says it serves, once there are this many. */
  List<URI> addresses(int count) {
    return Await.until(
        count + " addresses", LIMIT, this::addresses, addresses -> addresses.size() >= count);
  }

  private List<URI> addresses() {
    List<URI> addresses =
        SERVING
            .matcher(String.join("\n", log()))
            .results()
            .map((MatchResult line) -> URI.create(line.group(1)))
            .toList();
    assertThat(process.isAlive()).as("it runs; its log: %s", log()).isTrue();
    return addresses;
  }

  int port() {
    return addresses(1).getFirst().getPort();
  }

  public void awaitReady() {
    Await.until("readiness", LIMIT, () -> get("/-/ready").status(), status -> status == 200);
  }

  /** Waits until it serves, or has ended. Returns whether it serves. */
  boolean awaitReadyOrEnd() {
    Await.until(
        "it to serve or end", LIMIT, () -> !process.isAlive() || isServing(), ended -> ended);
    return process.isAlive();
  }

  private boolean isServing() {
    return SERVING.matcher(String.join("\n", log())).find() && get("/-/ready").status() == 200;
  }

  /** Asks it over 127.0.0.1. */
  public HttpAnswer get(String path, String... headers) {
    return get(port(), path, headers);
  }

  /** Asks it over 127.0.0.1 at a port that it may not listen on yet. */
  HttpAnswer get(int port, String path, String... headers) {
    return HttpAnswer.get(namespace, "127.0.0.1", port, path, headers);
  }

  /** A scrape in the text format. */
  Scrape scrape() {
    HttpAnswer answer = get("/metrics");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return Scrape.ofText(answer.text());
  }

  /** A number of /proc/PID/status: Threads, or VmHWM or VmRSS in KiB. */
  public int status(String field) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
      String line = lines.filter(each -> each.startsWith(field + ":")).findAny().orElseThrow();
      return Integer.parseInt(line.split("\\s+", -1)[1]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** VmHWM is what is resident now. */
  void forgetPeak() {
    try {
      Files.writeString(Path.of("/proc/" + pid() + "/clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int openFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
      return Math.toIntExact(files.count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its CPU time, user and system, in hundredths of a second. */
  public long cpuTicks() {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid() + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A scrape that is answered with numbers: on a busy machine a 503 may come first. */
  public Scrape awaitScrape() {
    HttpAnswer answer =
        Await.until("a scrape", LIMIT, () -> get("/metrics"), got -> got.status() == 200);
    return Scrape.ofText(answer.text());
  }

  /** Sends the signal, such as INT, and returns how long it then took to end. */
  Duration end(String signal) throws Exception {
    long startedNs = System.nanoTime();
    signal(signal);
    awaitExit();
    return Duration.ofNanos(System.nanoTime() - startedNs);
  }

  public void signal(String signal) {
    namespace.sh("kill -" + signal + " " + pid());
  }

  public boolean hasEnded() {
    return !process.isAlive();
  }

  /** Waits for its end and returns the exit code. */
  int awaitExit() throws InterruptedException {
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .as("it has ended; its log: %s", log())
        .isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    Await.until("the program to end", () -> !process.isAlive());
    List<String> log = log();
    try {
      Files.deleteIfExists(folder.resolve("output"));
      Files.delete(folder.resolve("error"));
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertThat(log).allMatch(LOG_LINE.asMatchPredicate()).noneMatch(line -> isTrace(line));
  }

  private static boolean isTrace(String line) {
    return line.contains("Exception") || line.contains("\tat ");
  }
}
