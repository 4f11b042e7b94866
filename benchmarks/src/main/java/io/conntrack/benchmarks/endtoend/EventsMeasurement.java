package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.util.ArrayList;
import java.util.List;

/**
 * CPU time of an event: rounds of 100,000 new flows at full speed, ours and the yardsticks' in
 * turns. The yardsticks listen in a namespace of their own, made alike, with the same flows: in
 * ours a second listener would share the cost of each message and the processors.
 */
final class EventsMeasurement implements Measurement {
  private static final int EVENTS = 100_000;
  private static final int WARM_UP_ROUNDS = 6;

  private final Yardsticks yardsticks;

  EventsMeasurement(Yardsticks yardsticks) {
    this.yardsticks = yardsticks;
  }

  @Override
  public List<Row> measure() {
    try (Namespace namespace = Flows.namespace();
        Namespace other = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace);
        FlowWriter otherWriter = FlowWriter.in(other);
        Server exporter = Server.exporter(namespace, "--resync-interval=1h")) {
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        round(exporter, writer);
      }
      return measure(exporter, writer, other, otherWriter);
    }
  }

  private List<Row> measure(
      Server exporter, FlowWriter writer, Namespace other, FlowWriter otherWriter) {
    double[] ours = new double[SAMPLES];
    double[] mmsg = new double[SAMPLES];
    double[] lib = new double[SAMPLES];
    double[] tool = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      ours[i] = round(exporter, writer);
      if (yardsticks.arePresent()) {
        mmsg[i] = round(other, otherWriter, "mmsg");
        lib[i] = round(other, otherWriter, "lib");
      }
      if (OtherTools.haveConntrack()) {
        tool[i] = OtherTools.events(other, () -> create(otherWriter));
        delete(otherWriter);
      }
    }
    requireEvents(exporter.settledText());
    Row row = Row.of("events", "an event, 100,000 new flows", "us", us(ours));
    List<Row> rows = new ArrayList<>();
    rows.add(row.beside("mmsg", yardsticks.arePresent() ? us(mmsg) : null).atMost(1.5));
    rows.add(row.beside("lib", yardsticks.arePresent() ? us(lib) : null).atMost(0.25));
    if (OtherTools.haveConntrack()) {
      rows.add(row.beside("conntrack -E", us(tool)));
    }
    return rows;
  }

  private static double round(Server exporter, FlowWriter writer) {
    double ns = exporter.cpuNsOf(() -> create(writer));
    delete(writer);
    return ns;
  }

  private double round(Namespace namespace, FlowWriter writer, String mode) {
    double ns = yardsticks.events(namespace, mode, EVENTS, () -> create(writer));
    delete(writer);
    return ns;
  }

  private static void create(FlowWriter writer) {
    writer.create(Flows.of(0, EVENTS));
  }

  private static void delete(FlowWriter writer) {
    writer.delete(Flows.of(0, EVENTS));
  }

  private static Samples us(double... ns) {
    return Samples.of(ns).map(value -> value / EVENTS / 1e3);
  }

  /** What was measured must have been all events. */
  private static void requireEvents(String scrape) {
    long events = Server.value(scrape, "conntrack_exporter_events_total{type=\"new\"}");
    long expected = (long) (WARM_UP_ROUNDS + SAMPLES) * EVENTS;
    if (events != expected) {
      throw new IllegalStateException("events=" + events + " of expected=" + expected + " came");
    }
  }
}
