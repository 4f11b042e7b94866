package io.conntrack.exporter.reading;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.OutputStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A {@link Reader} whose thread lives in a namespace. */
public final class RunningReader implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Reader reader;
  private final RulesFile rules;

  private RunningReader(Reader reader, RulesFile rules) {
    this.reader = reader;
    this.rules = rules;
  }

  /** Starts one and waits for its first resync. */
  public static RunningReader in(Namespace namespace, String... options) throws Exception {
    return in(namespace, OutputStream.nullOutputStream(), options);
  }

  /** Starts one that logs events, if the options say so, to {@code events}. */
  public static RunningReader in(Namespace namespace, OutputStream events, String... options)
      throws Exception {
    Configuration configuration = Options.parse(options, Map.of()).configuration();
    RulesFile rules = RulesFile.open(configuration.rulesFile(), 50);
    Reader reader = namespace.call(() -> Reader.start(configuration, rules, events, Map.of()));
    RunningReader running = new RunningReader(reader, rules);
    Await.until("the first resync", running::isReady);
    return running;
  }

  private boolean isReady() {
    try {
      reader.await(LIMIT);
      return true;
    } catch (UnavailableException e) {
      return false;
    }
  }

  public Observation observe() {
    try {
      return reader.await(LIMIT);
    } catch (UnavailableException e) {
      throw new CompletionException(e);
    }
  }

  CompletableFuture<Void> ended() {
    return reader.ended();
  }

  public ReaderStatistics statistics() {
    return observe().statistics();
  }

  /**
   * Every series: the values of its labels, with a space between each two, and "opening open
   * closing closed".
   */
  Map<String, String> hosts() {
    return hosts(observe());
  }

  /** The same of each other network namespace, by its name. */
  Map<String, Map<String, String>> otherHosts() {
    Map<String, Map<String, String>> hosts = new TreeMap<>();
    observe().others().forEach((name, observation) -> hosts.put(name, hosts(observation)));
    return hosts;
  }

  private static Map<String, String> hosts(Observation observation) {
    return series(observation.connections());
  }

  /** The same of sources. */
  Map<String, String> sources() {
    return series(observe().connections().sources().orElseThrow());
  }

  private static Map<String, String> series(Snapshot snapshot) {
    Map<String, String> hosts = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      StringBuilder counts = new StringBuilder();
      for (ConnectionState state : ConnectionState.values()) {
        counts.append(counts.isEmpty() ? "" : " ").append(snapshot.connections(i, state));
      }
      hosts.put(
          snapshot.labels(i).replace(Snapshot.LABEL_SEPARATOR, ' ').strip(), counts.toString());
    }
    return hosts;
  }

  /** Waits until exactly these series are shown. */
  public void awaitHosts(Map<String, String> expected) {
    Await.untilEqual("the hosts shown", new TreeMap<>(expected), this::hosts);
  }

  /** What became of the connections of each series, but for what never happened. */
  Map<String, Map<Outcome, Long>> outcomes() {
    Snapshot snapshot = observe().connections();
    Map<String, Map<Outcome, Long>> hosts = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
      for (Outcome outcome : Outcome.values()) {
        if (snapshot.outcomes(i, outcome) > 0) {
          counts.put(outcome, snapshot.outcomes(i, outcome));
        }
      }
      hosts.put(snapshot.labels(i).replace(Snapshot.LABEL_SEPARATOR, ' ').strip(), counts);
    }
    return hosts;
  }

  void awaitOutcomes(String host, Map<Outcome, Long> expected) {
    Await.untilEqual(
        "what became of the connections of " + host,
        new TreeMap<>(expected),
        () -> new TreeMap<>(outcomes().getOrDefault(host, Map.of())));
  }

  @Override
  public void close() throws ConntrackException {
    reader.close();
    rules.close();
  }
}
