package io.conntrack.benchmarks.endtoend;

import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.benchmarks.ApplyBenchmark;
import io.conntrack.benchmarks.DecodeBenchmark;
import io.conntrack.exporter.kernel.ComparisonBenchmark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Decoding, applying, and the need of a comparison, as JMH sees them: time as a part of what the C
 * library takes to decode the same message, so that a figure says something on another machine too,
 * and heap.
 */
final class HotPathMeasurement implements Measurement {
  private static final String ALLOCATION = "gc.alloc.rate.norm";

  /** JMH's own noise is a hundredth of this. */
  private static final double TOLERATED_BYTES = 0.1;

  @Override
  public List<Row> measure() throws RunnerException {
    System.setProperty("jmh.ignoreLock", "true"); // whether others are at work, the load tells
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(DecodeBenchmark.class.getName())
                    .include(ApplyBenchmark.class.getName())
                    .include(ComparisonBenchmark.class.getName())
                    .forks(1)
                    .warmupIterations(5)
                    .measurementIterations(SAMPLES)
                    .measurementTime(TimeValue.milliseconds(500))
                    .addProfiler(GCProfiler.class)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    return rows(results);
  }

  private static List<Row> rows(Collection<RunResult> results) {
    Samples library =
        results.stream()
            .filter(HotPathMeasurement::isLibrary)
            .map(HotPathMeasurement::samples)
            .findFirst()
            .orElseThrow();
    List<Row> rows = new ArrayList<>();
    for (RunResult result : results) {
      if (!isLibrary(result)) {
        String name = name(result);
        double bytes = result.getSecondaryResults().get(ALLOCATION).getScore();
        rows.add(Row.of(name, "time of it, by JMH", "ns", samples(result)).beside("nfct", library));
        rows.add(
            Row.of(name + "-allocation", "heap for it, by JMH", "bytes", Samples.of(bytes))
                .atMost(TOLERATED_BYTES));
      }
    }
    return rows;
  }

  private static boolean isLibrary(RunResult result) {
    return result.getParams().getBenchmark().equals(DecodeBenchmark.class.getName() + ".library");
  }

  /** Such as decode-wire, apply-update-1000 and apply-update-1000-address. */
  private static String name(RunResult result) {
    String[] words = result.getParams().getBenchmark().split("\\.", -1);
    String part = words[words.length - 2].replace("Benchmark", "").toLowerCase(Locale.ROOT);
    StringBuilder name = new StringBuilder(part + "-" + words[words.length - 1]);
    for (String parameter : List.of("flows", "sources")) {
      String value = result.getParams().getParam(parameter);
      if (value != null && !value.equals(SourceView.NONE.name())) {
        name.append('-').append(value.toLowerCase(Locale.ROOT));
      }
    }
    return name.toString();
  }

  private static Samples samples(RunResult result) {
    return Samples.of(
        result.getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .map(IterationResult::getPrimaryResult)
            .mapToDouble(primary -> primary.getScore())
            .toArray());
  }
}
