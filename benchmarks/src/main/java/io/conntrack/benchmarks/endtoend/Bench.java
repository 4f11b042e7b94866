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
      names.addAll(measurements.named(List.of("hot-path")));
    } else if (words.length > 0) {
      names = measurements.named(List.of(words));
    }
    List<Row> rows = new ArrayList<>();
    boolean complete = measure(measurements, names, rows);
    System.out.print("\n" + Table.text(rows));
    Machine.warnIfBusy();
    if (record && complete) {
      Recorded.of(rows).write(Recorded.FILE, machine);
      Readme.write(Path.of("../README.md"), machine, Table.text(rows));
    } else if (record) {
      System.err.println("Nothing was recorded, since a measurement failed.");
    }
    System.exit(complete ? 0 : 1);
  }

  /** Adds the rows. What fails is told, and does not keep the rest from being measured. */
  private static boolean measure(Measurements measurements, List<String> names, List<Row> rows) {
    boolean complete = true;
    for (String name : names) {
      try {
        rows.addAll(measurements.measure(name));
      } catch (Exception | AssertionError e) {
        complete = false;
        System.err.println(name + " FAILED");
        e.printStackTrace();
      }
    }
    return complete;
  }
}
