package io.conntrack.exporter;

import com.sun.net.httpserver.HttpHandler;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.doctor.CheckReport;
import io.conntrack.exporter.doctor.Doctor;
import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.http.Guard;
import io.conntrack.exporter.http.HealthCheck;
import io.conntrack.exporter.http.MetricsServer;
import io.conntrack.exporter.http.Pages;
import io.conntrack.exporter.http.Router;
import io.conntrack.exporter.live.LiveFacts;
import io.conntrack.exporter.live.LivePages;
import io.conntrack.exporter.live.LiveTable;
import io.conntrack.exporter.log.LogQueue;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.reading.Reader;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.LogFormat;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.web.WebFile;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.InheritedSocket;
import io.conntrack.ffm.system.Libraries;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import org.tinylog.Logger;

/**
 * The program. {@link Options} become a {@link Configuration}; a {@link Reader} reads the kernel on
 * its own thread; a {@link MetricsServer} asks it for an {@code Observation} at each scrape.
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
    Libraries.preload();
    WebFile.preload(words, System.getenv());
    // The log's times are UTC wherever the host is, and its numbers have plain digits.
    Locale.setDefault(Locale.ROOT);
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    int exitCode = new Main(System.getenv(), System.out, System.err).run(words);
    LogQueue.STANDARD_ERROR.close();
    if (exitCode != DONE) {
      System.exit(exitCode);
    }
  }

  /**
   * Does what the words ask for. A daemon goes on in its own threads after this has returned.
   *
   * @return the exit code, were the process to end now
   */
  int run(String... words) {
    try {
      return start(Options.parse(words, environment));
    } catch (UsageException e) {
      tell(e.getMessage());
      if (e.isHelped() && isLogText()) {
        err.println("Try 'conntrack-exporter --help'.");
      }
      return BAD_OPTION;
    } catch (IOException e) {
      tell(e.getMessage());
      return REFUSED;
    } catch (OutOfMemoryError e) {
      tell(
          e.getMessage()
              + ". It needs some 30 tasks. Raise TasksMax= of the unit, pids.max of the container or"
              + " 'ulimit -u'; or it needs more memory");
      return REFUSED;
    }
  }

  /** To a person as programs do; to what reads a log, as a line of that log. */
  private void tell(String failure) {
    if (isLogText()) {
      err.println("conntrack-exporter: " + failure);
    } else {
      Logger.error("{}", failure);
    }
  }

  private static boolean isLogText() {
    return LogQueue.STANDARD_ERROR.format() == LogFormat.TEXT;
  }

  private int start(Options options) throws UsageException, IOException {
    if (options.helpRequested()) {
      out.print(options.help());
      checkOutput();
    } else if (options.versionRequested()) {
      out.print(build.text());
      checkOutput();
    } else if (options.checkRequested()) {
      return check(options);
    } else if (options.topRequested()) {
      new TopCommand(options, build, environment).run(out, err);
    } else if (options.healthCheckRequested()) {
      Configuration configuration = options.configuration();
      HealthCheck.run(
          configuration.listenAddresses().getFirst(), configuration.webConfigFile().isPresent());
    } else {
      start(options.configuration(), options);
    }
    return DONE;
  }

  private int check(Options options) throws UsageException, IOException {
    boolean asJson = options.jsonRequested();
    Configuration configuration = options.configuration();
    RulesFile rules = RulesFile.open(configuration.rulesFile());
    WebFile web = WebFile.open(configuration.webConfigFile());
    Names.open(configuration.names()).close(); // only to say what is wrong with a file
    CheckReport report =
        new CheckReport(Doctor.examine(configuration, rules.rules(), web, options.wrongNames()));
    out.print(asJson ? report.json() : report.text());
    checkOutput();
    return report.exitCode();
  }

  private void start(Configuration configuration, Options options)
      throws UsageException, IOException {
    configuration.logFormat().ifPresent(LogQueue.STANDARD_ERROR::use);
    RulesFile rules = RulesFile.open(configuration.rulesFile());
    WebFile web =
        WebFile.open(configuration.once() ? Optional.empty() : configuration.webConfigFile());
    Names names = Names.open(configuration.names());
    // Before the first word is logged: the log reads its settings once.
    org.tinylog.configuration.Configuration.set(
        "level", configuration.logLevel().name().toLowerCase(Locale.ROOT));
    options.wrongNames().forEach(name -> Logger.warn("{}", name));
    if (configuration.once()) {
      Libraries.require(); // what the families name the kernel's counters by
      // Not its process' metrics, which would be a program's that has ended.
      new Exposition(build, families(configuration, false, web, names))
          .write(Reader.once(configuration, rules), "", out);
      checkOutput();
    } else {
      serve(configuration, options.changed(), rules, web, names);
    }
  }

  /** Those of systemd, if they are to be used instead of the addresses. */
  private List<InheritedSocket> sockets(Configuration configuration)
      throws UsageException, IOException {
    if (!configuration.systemdSocket()) {
      return List.of();
    }
    Libraries.require(); // what is missing is no fault of the option
    try {
      return InheritedSocket.all(environment);
    } catch (ConntrackException e) {
      String remedy = e.remedy().isEmpty() ? "" : ". " + e.remedy();
      throw UsageException.ofContent("--web.systemd-socket: " + e.failure() + remedy);
    }
  }

  private static FamilyOptions families(
      Configuration configuration, boolean process, WebFile web, Names names) {
    return new FamilyOptions(
        !configuration.netns().isEmpty(),
        configuration.perCpu(),
        configuration.endpoints().zone(),
        process,
        configuration.createdSeries(),
        configuration.histograms(),
        names,
        web::status);
  }

  /** A full disk or a closed pipe counts as a refusal by the machine. */
  private void checkOutput() throws IOException {
    if (out.checkError()) {
      throw new IOException(
          "cannot write to standard output: it is closed, or what it leads to is full or gone");
    }
  }

  private void serve(
      Configuration configuration,
      List<String> changedOptions,
      RulesFile rules,
      WebFile web,
      Names names)
      throws UsageException, IOException {
    List<InheritedSocket> sockets = sockets(configuration);
    // First, so that an early signal ends with 0 too.
    Shutdown shutdown = Shutdown.onSignal(signal -> Logger.info("Stopping, as {} asks", signal));
    shutdown.closes(LogQueue.STANDARD_ERROR); // first, so that it is closed last
    boolean serving = false;
    try {
      Logger.info("{}", StartLine.of(build, configuration, changedOptions));
      OutputStream events = new FileOutputStream(FileDescriptor.out);
      shutdown.closes(rules);
      shutdown.closes(web).follow();
      shutdown.closes(names).follow();
      Reader reader = shutdown.closes(Reader.start(configuration, rules, events, environment));
      reader.ended().exceptionally(failure -> end(failure, shutdown));
      Scrapes scrapes = new Scrapes(configuration.maxRequests());
      HttpHandler handler = handler(configuration, changedOptions, reader, web, names, scrapes);
      for (InheritedSocket socket : sockets) {
        MetricsServer server = shutdown.closes(MetricsServer.start(socket, handler, web, scrapes));
        tellServed(server, configuration);
      }
      for (InetSocketAddress address :
          sockets.isEmpty() ? configuration.listenAddresses() : List.<InetSocketAddress>of()) {
        MetricsServer server = shutdown.closes(MetricsServer.start(address, handler, web, scrapes));
        tellServed(server, configuration);
      }
      if (!Signals.does("HUP", () -> readAgain(rules, web, names))) {
        Logger.warn("SIGHUP cannot be handled, and would end the exporter");
      }
      serving = true;
    } finally {
      if (!serving) {
        shutdown.cancel();
      }
    }
  }

  private static void tellServed(MetricsServer server, Configuration configuration) {
    Shutdown.rehearse(); // now that all threads of the start are there
    Logger.info("Serving metrics at {}{}", server.url(), configuration.listenPath());
  }

  private HttpHandler handler(
      Configuration configuration,
      List<String> changedOptions,
      Reader reader,
      WebFile web,
      Names names,
      Scrapes scrapes) {
    String path = configuration.listenPath();
    FamilyOptions families = families(configuration, configuration.processMetrics(), web, names);
    Optional<LivePages> live =
        configuration.page()
            ? Optional.of(
                new LivePages(
                    new LiveTable(reader, names::ofLabel),
                    new LiveFacts(
                        build, changedOptions, configuration.sources() != SourceView.NONE, path)))
            : Optional.empty();
    Router router =
        new Router(Pages.of(path, reader, build, families, scrapes, live), path, scrapes);
    return web.status().isPresent() ? new Guard(router, web, scrapes) : router;
  }

  private static void readAgain(RulesFile rules, WebFile web, Names names) {
    if (rules.status().isPresent()) {
      rules.readAgain();
    }
    if (web.status().isPresent()) {
      web.readAgain();
    }
    if (names.hasFiles()) {
      names.readAgain();
    }
    if (rules.status().isEmpty() && web.status().isEmpty() && !names.hasFiles()) {
      Logger.info(
          "SIGHUP: there is no file to read again, since none of --rules, --names and"
              + " --web.config.file names one");
    }
  }

  /** Without its reader the process has nothing true to show. A supervisor may start it again. */
  private static Void end(Throwable failure, Shutdown shutdown) {
    if (failure instanceof ConntrackException refused) {
      Logger.error("{}", refused.getMessage());
    } else {
      Logger.error(failure, "The reader failed");
    }
    shutdown.exit(REFUSED);
    return null;
  }
}
