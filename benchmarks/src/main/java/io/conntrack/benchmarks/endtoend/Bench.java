package io.conntrack.benchmarks.endtoend;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code make bench}: runs the measurements whose names begin with the words given, or all of the
 * program, and prints the table. {@code make bench-record}, with the word {@code --record}: runs
 * all there are and writes down the results.
 */
public final class Bench {
  private static final String RECORD = "--record";

  private Bench() {}

  public static void main(String[] words) throws Exception {
    String machine = Machine.text();
    System.out.println(machine);
    Machine.warnIfBusy();
    Measurements measurements = new Measurements();
    boolean record = List.of(words).contains(RECORD);
    List<String> names = new ArrayList<>(measurements.ofProgram());
    if (record) {
      names.addAll(measurements.named(List.of("rest", "hot-path")));
    } else if (words.length > 0) {
      names = measurements.named(List.of(words));
    }
    List<Row> rows = new ArrayList<>();
    List<String> failed = measure(measurements, names, rows);
    System.out.print("\n" + Table.text(rows));
    Machine.warnIfBusy();
    if (record) {
      String title = failed.isEmpty() ? machine : machine + "; failed: " + failed;
      Recorded.of(rows).write(Recorded.FILE, title);
      Readme.write(Path.of("../README.md"), title, Table.text(rows));
    }
    System.exit(failed.isEmpty() ? 0 : 1);
  }

  /** Adds the rows; returns the names of what failed, which does not hold up the rest. */
  private static List<String> measure(
      Measurements measurements, List<String> names, List<Row> rows) {
    List<String> failed = new ArrayList<>();
    for (String name : names) {
      try {
        rows.addAll(measurements.measure(name));
      } catch (Exception | AssertionError e) {
        failed.add(name);
        System.err.println(name + " FAILED");
        e.printStackTrace();
      }
    }
    return failed;
  }
}
