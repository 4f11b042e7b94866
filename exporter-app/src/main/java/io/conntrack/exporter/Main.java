package io.conntrack.exporter;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import java.util.TimeZone;
import org.tinylog.Logger;

/**
 * The program. {@link Options} become a {@link Configuration}; a {@link Reader} reads the kernel on
 * its own thread; a {@link MetricsServer} asks it for an {@link Observation} at each scrape.
 */
final class Main {
  private static final int DONE = 0;
  private static final int REFUSED = 1;
  private static final int BAD_OPTION = 2;

  private final BuildInfo build = BuildInfo.read();
  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  Main(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  public static void main(String[] words) {
    // The log's times are UTC wherever the host is.
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    int exitCode = new Main(System.getenv(), System.out, System.err).run(words);
    if (exitCode != DONE) {
      System.exit(exitCode);
    }
  }

  /**
   * Does what the words say. A daemon goes on in threads of its own after this has returned.
   *
   * @return the exit code, were the process to end now
   */
  int run(String... words) {
    try {
      start(Options.parse(words, environment));
      return DONE;
    } catch (UsageException e) {
      err.println("conntrack-exporter: " + e.getMessage());
      err.println("Try 'conntrack-exporter --help'.");
      return BAD_OPTION;
    } catch (IOException e) {
      err.println("conntrack-exporter: " + e.getMessage());
      return REFUSED;
    }
  }

  private void start(Options options) throws UsageException, IOException {
    if (options.helpRequested()) {
      out.print(Options.help());
      checkOutput();
    } else if (options.versionRequested()) {
      out.println(build);
      checkOutput();
    } else {
      start(options.configuration());
    }
  }

  private void start(Configuration configuration) throws IOException {
    if (configuration.once()) {
      new Exposition(build).write(Reader.once(configuration), "", out);
      checkOutput();
    } else {
      serve(configuration);
    }
  }

  /** A full disk or a closed pipe is something that the machine refuses. */
  private void checkOutput() throws IOException {
    if (out.checkError()) {
      throw new IOException("cannot write to standard output");
    }
  }

  private void serve(Configuration configuration) throws IOException {
    Shutdown shutdown = Shutdown.onSignal(); // first, so that an early signal ends with 0 too
    boolean serving = false;
    try {
      Logger.info("Starting {}", build);
      Reader reader = shutdown.closes(Reader.start(configuration));
      reader.ended().exceptionally(Main::logEnd);
      String path = configuration.listenPath();
      Router router = new Router(Pages.of(path, reader, build), path);
      MetricsServer server =
          shutdown.closes(MetricsServer.start(configuration.listenAddress(), router));
      Logger.info("Serving metrics at {}{}", server.url(), path);
      serving = true;
    } finally {
      if (!serving) {
        shutdown.cancel();
      }
    }
  }

  /** The server goes on without the reader, to say so: 503, and not ready. */
  private static Void logEnd(Throwable failure) {
    Logger.error(failure, "The reader failed; there are no metrics until a restart");
    return null;
  }
}
