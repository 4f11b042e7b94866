package io.conntrack.exporter.exposition;

import io.conntrack.exporter.kernel.KernelTable;
import io.conntrack.ffm.KernelCounter;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The kernel's own table, of one observation: how full it is, and what connection tracking counts.
 * What the kernel does not tell is no family. The names after {@code conntrack_stat_} are those of
 * {@code conntrack -S} and of node_exporter.
 *
 * <pre>
 * conntrack_stat_drop_total 0.0
 * conntrack_stat_insert_failed_total 3.0
 * ...
 * conntrack_table_entries 812.0
 * conntrack_table_limit 262144.0
 * </pre>
 *
 * <p>With a series for each CPU:
 *
 * <pre>
 * conntrack_stat_drop_total{cpu="0"} 0.0
 * conntrack_stat_drop_total{cpu="1"} 0.0
 * </pre>
 */
final class KernelTableCollector implements MultiCollector {
  private static final String LABEL = "cpu";
  private static final MetricFamilyDescriptor ENTRIES =
      gauge(
          "conntrack_table_entries",
          "Connections of every protocol in the kernel's table. Beyond conntrack_table_limit new"
              + " ones fail.");
  private static final MetricFamilyDescriptor LIMIT =
      gauge(
          "conntrack_table_limit",
          "Connections that the kernel's table may hold, as net.netfilter.nf_conntrack_max says; 0"
              + " is no limit.");
  private static final Map<KernelCounter, MetricFamilyDescriptor> COUNTERS = counters();

  private final KernelTable table;

  KernelTableCollector(KernelTable table) {
    this.table = table;
  }

  private static MetricFamilyDescriptor gauge(String name, String help) {
    return MetricFamilyDescriptor.gauge(name).help(help).build();
  }

  private static Map<KernelCounter, MetricFamilyDescriptor> counters() {
    Map<KernelCounter, MetricFamilyDescriptor> families = new EnumMap<>(KernelCounter.class);
    for (KernelCounter counter : KernelCounter.values()) {
      String name = "conntrack_stat_" + counter.name().toLowerCase(Locale.ROOT) + "_total";
      families.put(counter, MetricFamilyDescriptor.counter(name).help(help(counter)).build());
    }
    return families;
  }

  /** What it means to an operator, and what to do when it grows. */
  private static String help(KernelCounter counter) {
    return switch (counter) {
      case DROP ->
          "Packets that the kernel dropped since it could not track their connection, mostly since"
              + " the table was full: raise net.netfilter.nf_conntrack_max, or shorten timeouts.";
      case EARLY_DROP ->
          "Connections that the kernel forgot to make room for new ones in the full table: raise"
              + " net.netfilter.nf_conntrack_max before it has to drop packets.";
      case INSERT_FAILED ->
          "Connections that could not be entered in the table, whose packet was dropped: another"
              + " packet had entered the same one, as with two DNS queries from one UDP socket, or"
              + " source NAT has few ports left.";
      case CHAINTOOLONG ->
          "Connections that could not be entered since too many shared a place in the hash table,"
              + " whose packet was dropped: raise net.netfilter.nf_conntrack_buckets.";
      case INVALID ->
          "Packets that fit no connection: malformed, or out of place, as after asymmetric routing"
              + " or a flush; rules see them as ct state invalid.";
      case ERROR ->
          "Packets of ICMP that were malformed, or told of an error of no connection that is tracked.";
      case CLASH_RESOLVE ->
          "Packets that entered a connection at the same time as another packet, and were not"
              + " dropped for it; harmless.";
      case SEARCH_RESTART ->
          "Lookups that had to begin anew since the table changed meanwhile; harmless unless it"
              + " grows as fast as packets come.";
      case FOUND ->
          "Tuples that NAT wanted to give to a connection and found in use; where it grows fast,"
              + " source NAT has few ports left.";
      case INSERT ->
          "Connections that programs entered in the table, as conntrackd does; those of packets are"
              + " not counted by newer kernels.";
    };
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return Stream.concat(Stream.of(ENTRIES, LIMIT), COUNTERS.values().stream()).toList();
  }

  @Override
  public MetricSnapshots collect() {
    MetricSnapshots.Builder families = MetricSnapshots.builder();
    gauge(families, ENTRIES, table.entries());
    gauge(families, LIMIT, table.limit());
    COUNTERS.forEach((counter, family) -> {
      List<CounterDataPointSnapshot> points = points(counter);
      if (!points.isEmpty()) {
        families.metricSnapshot(new CounterSnapshot(family.getMetadata(), points));
      }
    });
    return families.build();
  }

  private static void gauge(
      MetricSnapshots.Builder families, MetricFamilyDescriptor family, OptionalLong value) {
    value.ifPresent(number ->
        families.metricSnapshot(
            new GaugeSnapshot(
                family.getMetadata(),
                List.of(new GaugeDataPointSnapshot(number, Labels.EMPTY, null)))));
  }

  /** Of each CPU, or their sum; none where the kernel does not count it. */
  private List<CounterDataPointSnapshot> points(KernelCounter counter) {
    List<CounterDataPointSnapshot> points = new ArrayList<>();
    long sum = 0;
    for (Map.Entry<Integer, Map<KernelCounter, Long>> cpu : table.counters().entrySet()) {
      Long value = cpu.getValue().get(counter);
      if (value != null) {
        sum += value;
        points.add(point(value, Labels.of(LABEL, cpu.getKey().toString())));
      }
    }
    return table.perCpu() || points.isEmpty() ? points : List.of(point(sum, Labels.EMPTY));
  }

  private static CounterDataPointSnapshot point(long value, Labels labels) {
    return new CounterDataPointSnapshot((double) value, labels, null, 0);
  }
}
