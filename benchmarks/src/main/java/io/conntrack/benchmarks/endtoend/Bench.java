package io.conntrack.benchmarks.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code make bench}: runs the measurements whose names begin with the words given, or those that
 * take ten minutes, or with the word {@code all} all there are. Prints the table, and fails if a
 * ratio is worse than what was recorded. {@code make bench-record}, with the word {@code --record}
 * before: writes down the results, too.
 */
public final class Bench {
  private static final String RECORD = "--record";
  private static final String ALL = "all";

  private final Measurements measurements;
  private final List<Result> results = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();

  private Bench(Measurements measurements) {
    this.measurements = measurements;
  }

  public static void main(String[] arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of(arguments));
    boolean record = words.remove(RECORD);
    System.out.println(Machine.text() + "; " + Machine.now());
    Machine.warnIfBusy();
    Bench bench = new Bench(new Measurements());
    Results recorded = Results.read(Results.FILE);
    Results measured = bench.measure(bench.names(words, record));
    System.out.print("\n" + Table.text(measured.rows()));
    Machine.warnIfBusy();
    Map<String, String> losses = recorded.lossesOfRatios(measured.rows());
    if (record) {
      Results all = recorded.with(measured, bench.measurements.names());
      all.write(Results.FILE);
      Documents.write(Results.read(Results.FILE)); // rounded as they are there
    } else if (!losses.isEmpty()) {
      System.out.println("\nA fifth or more above what was recorded:");
      losses.values().forEach(System.out::println);
    }
    bench.failed.forEach(name -> System.out.println("FAILED: " + name));
    System.exit(bench.failed.isEmpty() && (record || losses.isEmpty()) ? 0 : 1);
  }

  private List<String> names(List<String> words, boolean record) {
    if (words.contains(ALL) || (record && words.isEmpty())) {
      return measurements.names();
    }
    return words.isEmpty() ? measurements.quick() : measurements.named(words);
  }

  /** What fails does not hold up the rest. */
  private Results measure(List<String> names) throws Exception {
    for (String name : names) {
      String when = Machine.now();
      try {
        measurements.measure(name).forEach(row -> results.add(new Result(name, when, row)));
      } catch (Exception | AssertionError e) {
        failed.add(name);
        System.err.println(name + " FAILED");
        e.printStackTrace();
      }
    }
    return new Results(Machine.text(), results);
  }
}
