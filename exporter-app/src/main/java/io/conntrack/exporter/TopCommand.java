package io.conntrack.exporter;

import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.http.MetricsServer;
import io.conntrack.exporter.live.LiveFacts;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.options.TopSettings;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.top.EndpointSource;
import io.conntrack.exporter.top.ExporterSource;
import io.conntrack.exporter.top.Top;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** {@code conntrack-exporter top}: finds where the endpoints come from, and has them shown. */
final class TopCommand {
  private final Options options;
  private final TopSettings settings;
  private final Configuration configuration;
  private final BuildInfo build;
  private final Map<String, String> environment;

  TopCommand(Options options, BuildInfo build, Map<String, String> environment)
      throws UsageException {
    this.options = options;
    this.settings = options.top();
    this.configuration = options.configuration();
    this.build = build;
    this.environment = environment;
  }

  /** Returns when it has ended by itself or by a key. */
  void run(PrintStream out, PrintStream err) throws UsageException, IOException {
    boolean draws = Top.drawsOnScreen(settings, environment.getOrDefault("TERM", ""));
    // What the log would say of the kernel is on the screen, and would be written over it.
    org.tinylog.configuration.Configuration.set("level", draws ? "off" : "error");
    try (EndpointSource source = source()) {
      Top top = new Top(settings, source, out, err);
      if (draws) {
        draw(top);
      } else {
        top.print();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }

  /** A signal gives the terminal back first. */
  private void draw(Top top) throws IOException {
    AtomicReference<Runnable> restore = new AtomicReference<>(() -> {});
    // Before any hook runs: that of the terminal's library would do the same at the same time.
    Shutdown shutdown = Shutdown.onSignal(signal -> restore.get().run());
    Signals.does(
        "HUP",
        () -> {
          restore.get().run();
          System.exit(0);
        });
    try {
      top.draw(environment.getOrDefault("NO_COLOR", "").isEmpty(), restore::set);
    } finally {
      try {
        shutdown.cancel();
      } catch (IllegalStateException e) {
        // A signal is ending the process, and gives the terminal back.
      }
    }
  }

  private EndpointSource source() throws UsageException, IOException {
    Optional<URI> url = settings.where().url();
    if (url.isPresent()) {
      return ExporterSource.of(url.get(), settings);
    }
    Optional<URI> here = settings.where().kernelOnly() ? Optional.empty() : here();
    if (here.isEmpty()) {
      return kernel("own reading of the kernel");
    }
    ExporterSource exporter = ExporterSource.of(here.get(), settings);
    try {
      exporter.probe();
      return exporter;
    } catch (IOException e) {
      return kernelAfter(exporter, e);
    }
  }

  private EndpointSource kernelAfter(ExporterSource exporter, IOException failed)
      throws UsageException, IOException {
    try {
      return kernel(
          "own reading of the kernel, since no exporter can be asked at " + exporter.title());
    } catch (IOException e) {
      throw new IOException(
          e.getMessage() + ". And no exporter can be asked: " + failed.getMessage(), e);
    }
  }

  private EndpointSource kernel(String title) throws UsageException, IOException {
    boolean sources = configuration.sources() != SourceView.NONE;
    LiveFacts facts = new LiveFacts(build, options.changed(), sources, configuration.listenPath());
    return OwnReading.start(title, configuration, facts);
  }

  /** Where an exporter with these options would listen. */
  private Optional<URI> here() {
    List<InetSocketAddress> addresses = configuration.listenAddresses();
    InetSocketAddress address = addresses.getFirst();
    if (address.getPort() == 0) {
      return Optional.empty();
    }
    boolean isWildcard = !address.isUnresolved() && address.getAddress().isAnyLocalAddress();
    String host =
        isWildcard
            ? "127.0.0.1:" + address.getPort()
            : address.isUnresolved()
                ? address.getHostString() + ":" + address.getPort()
                : MetricsServer.hostAndPort(address);
    return Optional.of(URI.create("http://" + host));
  }
}
