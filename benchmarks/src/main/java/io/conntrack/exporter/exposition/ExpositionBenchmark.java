package io.conntrack.exporter.exposition;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.benchmarks.Trackers;
import io.conntrack.exporter.kernel.KernelTable;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ReaderCounters;
import io.conntrack.exporter.reading.ResyncReason;
import io.conntrack.exporter.terms.BuildInfo;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * An observation as a document, which nobody reads: by our writers, and by the Prometheus client
 * alone of the same registry. In this package, as what it measures.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class ExpositionBenchmark {
  @Param({"1000", "10000"})
  public int endpoints;

  @Param({"text/plain", "application/openmetrics-text"})
  public String accept;

  private final Exposition exposition =
      new Exposition(new BuildInfo("1", "unknown", "25"), FamilyOptions.PLAIN);
  private final ExpositionFormats formats =
      ExpositionFormats.init(PrometheusProperties.builder().build());
  private Observation observation;

  @Setup
  public void observe() {
    ReaderCounters counters = new ReaderCounters();
    try (FlowTracker tracker = Trackers.withEndpoints(endpoints)) {
      Snapshot connections = tracker.snapshot(0); // before a resync that finds none of them
      counters.resyncBegun(ResyncReason.START);
      tracker.openEpoch();
      counters.resyncSucceeded(tracker.closeEpoch(), 0, 0);
      observation =
          new Observation(
              connections, counters.statistics(0, 0), KernelTable.UNTOLD, Optional.empty());
    }
  }

  @Benchmark
  public void ours() throws IOException {
    exposition.write(observation, accept, OutputStream.nullOutputStream());
  }

  @Benchmark
  public void client() throws IOException {
    formats
        .findWriter(accept)
        .write(
            OutputStream.nullOutputStream(),
            exposition.scrape(observation, name -> true),
            EscapingScheme.fromAcceptHeader(accept));
  }
}
