package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What options cost that count more of a flow than its state: rounds of flows that come and go, by
 * an exporter with the option and one without, in turns. For both the kernel tells what the options
 * ask for.
 */
final class OptionsMeasurement implements Measurement {
  private static final List<String> OPTIONS = List.of("--accounting", "--histograms", "--sources");
  private static final int FLOWS = 50_000;
  private static final int WARM_UP_ROUNDS = 8;

  /** NEW and DESTROY. */
  private static final int EVENTS = 2 * FLOWS;

  @Override
  public List<Row> measure() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String option : OPTIONS) {
      rows.add(measure(option));
    }
    return rows;
  }

  private static Row measure(String option) throws IOException {
    try (Namespace plain = namespace();
        Namespace more = namespace();
        FlowWriter plainWriter = FlowWriter.in(plain);
        FlowWriter moreWriter = FlowWriter.in(more);
        Server without = Server.exporter(plain, "--resync-interval=1h");
        Server with = Server.exporter(more, "--resync-interval=1h", option)) {
      double[] few = new double[SAMPLES];
      double[] many = new double[SAMPLES];
      for (int i = -WARM_UP_ROUNDS; i < SAMPLES; i++) {
        double withoutUs = eventUs(without, plainWriter, option);
        double withUs = eventUs(with, moreWriter, option);
        if (i >= 0) {
          few[i] = withoutUs;
          many[i] = withUs;
        }
      }
      return Row.of(
              "options" + option.substring(1), "an event with " + option, "us", Samples.of(many))
          .beside("without", Samples.of(few));
    }
  }

  private static Namespace namespace() {
    Namespace namespace = Flows.namespace();
    namespace.sysctl("net.netfilter.nf_conntrack_acct", 1);
    namespace.sysctl("net.netfilter.nf_conntrack_timestamp", 1);
    return namespace;
  }

  private static double eventUs(Server exporter, FlowWriter writer, String option) {
    double ns =
        exporter.cpuNsOf(() -> {
          writer.create(flows(option));
          writer.delete(flows(option));
        });
    return ns / 1e3 / EVENTS;
  }

  /** Of as many sources as are shown by default, where they are counted. */
  private static Stream<SyntheticFlow> flows(String option) {
    return option.equals("--sources") ? Flows.forwarded(0, FLOWS) : Flows.of(0, FLOWS);
  }
}
