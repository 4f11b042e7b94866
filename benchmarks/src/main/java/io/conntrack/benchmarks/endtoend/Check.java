package io.conntrack.benchmarks.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code make bench-check}: measures what tells most, and fails if it is worse than what was
 * recorded. What looks worse is measured once more, since noise does not come twice and a loss
 * does.
 */
public final class Check {
  private Check() {}

  public static void main(String[] words) throws Exception {
    System.out.println(Machine.text());
    Machine.warnIfBusy();
    Results recorded = Results.read(Results.FILE);
    Measurements measurements = new Measurements();
    List<Row> all = new ArrayList<>();
    List<String> losses = new ArrayList<>();
    for (String name : Measurements.OF_CHECK) {
      List<Row> rows = measurements.measure(name);
      Map<String, String> worse = recorded.losses(rows);
      if (!worse.isEmpty()) {
        System.err.println("Once more, since it looks worse: " + worse.values());
        rows = measurements.measure(name);
        Map<String, String> still = recorded.losses(rows);
        still.keySet().retainAll(worse.keySet());
        losses.addAll(still.values());
      }
      all.addAll(rows);
    }
    System.out.print("\n" + Table.text(all));
    report(recorded.notCompared(all), losses);
    Machine.warnIfBusy();
    System.exit(losses.isEmpty() ? 0 : 1);
  }

  private static void report(List<String> notCompared, List<String> losses) {
    if (!notCompared.isEmpty()) {
      System.out.println("\nNot compared, since not recorded or without yardstick: " + notCompared);
    }
    System.out.println(losses.isEmpty() ? "\nNothing is worse than recorded." : "\nWORSE:");
    losses.forEach(System.out::println);
  }
}
