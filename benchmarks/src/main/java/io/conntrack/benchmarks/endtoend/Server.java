package io.conntrack.benchmarks.endtoend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process that serves metrics at port 9318 of its namespace: ours, or another to compare. */
final class Server implements AutoCloseable {
  static final int PORT = 9318;

  /** What Prometheus sends when it scrapes. */
  private static final String PROMETHEUS =
      """
      Accept: application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5\r
      Accept-Encoding: gzip\r
      """;

  private static final Path EXPORTER =
      Path.of("../../packaging/target/conntrack-exporter/bin/conntrack-exporter");
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int TIMEOUT_MS = 60_000;
  private static final long BETWEEN_FIRST_TRIES_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Namespace namespace;
  private final Process process;
  private final Path log;
  private final ProcessMeter meter;

  private Server(Namespace namespace, Process process, Path log) {
    this.namespace = namespace;
    this.process = process;
    this.log = log;
    this.meter = new ProcessMeter(process.pid());
  }

  /** Starts the built program, and waits until it can be scraped. */
  static Server exporter(Namespace namespace, String... options) {
    List<String> command = new ArrayList<>(List.of(EXPORTER.toAbsolutePath().toString()));
    command.addAll(List.of(options));
    return start(namespace, command);
  }

  /** How long the built program takes from its start until it has answered a scrape. */
  static double firstAnswerMs(Namespace namespace) {
    long startNs = System.nanoTime();
    try (Server server = launch(namespace, List.of(EXPORTER.toAbsolutePath().toString()))) {
      while (server.textOrNull() == null) {
        LockSupport.parkNanos(BETWEEN_FIRST_TRIES_NS);
      }
      return (System.nanoTime() - startNs) / 1e6;
    }
  }

  /** Starts a command that serves metrics, and waits until it can be scraped. */
  static Server start(Namespace namespace, List<String> command) {
    Server server = launch(namespace, command);
    server.settledText();
    return server;
  }

  private static Server launch(Namespace namespace, List<String> command) {
    try {
      Path log = Files.createTempFile(Path.of("."), "server", ".log");
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      Process process = namespace.exec(builder.redirectOutput(Redirect.to(log.toFile())));
      return new Server(namespace, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String textOrNull() {
    if (!process.isAlive()) {
      throw new IllegalStateException("the process has ended; its log: " + log());
    }
    try {
      return text();
    } catch (UncheckedIOException e) {
      return null;
    }
  }

  ProcessMeter meter() {
    return meter;
  }

  long pid() {
    return process.pid();
  }

  /** A scrape in the text format, uncompressed. */
  String text() {
    return get("");
  }

  /** The same, as soon as one is answered: on a busy machine the reader may be late. */
  String settledText() {
    return Await.until("a scrape", LIMIT, this::textOrNull, Objects::nonNull);
  }

  /** A scrape with the headers of Prometheus; compressed. */
  String asPrometheus() {
    return get(PROMETHEUS);
  }

  /** Over a bare socket, since a client of the JDK would leave its threads in the namespace. */
  private String get(String headers) {
    try (Socket socket = namespace.call(Server::connect)) {
      String head = "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n";
      socket.getOutputStream().write((head + headers + "\r\n").getBytes(ISO_8859_1));
      String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
      if (!answer.startsWith("HTTP/1.1 200 ")) {
        throw new IOException("a scrape got " + (answer.isEmpty() ? "nothing" : answer));
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A connection to it, for requests of one's own. */
  Socket connection() throws IOException {
    return namespace.call(Server::connect);
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(TIMEOUT_MS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT), TIMEOUT_MS);
    return socket;
  }

  /** The value of a series, by its name with labels, in a scrape. */
  static long value(String scrape, String series) {
    Matcher line = Pattern.compile("(?m)^" + Pattern.quote(series) + " (\\S+)$").matcher(scrape);
    if (!line.find()) {
      throw new IllegalStateException("no series=" + series + " in the scrape");
    }
    return (long) Double.parseDouble(line.group(1));
  }

  /** The CPU time that the work takes this process, from idle to idle, in ns. */
  long cpuNsOf(Runnable work) {
    long before = meter.awaitIdle();
    work.run();
    return meter.awaitIdle() - before;
  }

  private String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    boolean ended = !process.isAlive();
    process.destroyForcibly();
    Await.until("the server to end", () -> !process.isAlive());
    String said = log();
    try {
      Files.delete(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (ended) {
      throw new IllegalStateException("the server ended by itself; its log: " + said);
    }
  }
}
