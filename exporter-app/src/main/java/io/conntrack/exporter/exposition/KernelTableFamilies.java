package io.conntrack.exporter.exposition;

import io.conntrack.exporter.exposition.ObservedFamilies.Series;
import io.conntrack.exporter.kernel.KernelTable;
import io.conntrack.ffm.request.KernelCounter;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The kernel's own table: how full it is, and what connection tracking counts. If the kernel does
 * not tell a number, its family is absent. The names after {@code conntrack_stat_} are those of
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
final class KernelTableFamilies {
  private static final String CPU = "cpu";

  private KernelTableFamilies() {}

  static void register(ObservedFamilies families, boolean perCpu) {
    families.gauge(
        "conntrack_table_entries",
        "Connections of every protocol in the kernel's table. Beyond conntrack_table_limit"
            + " new connections fail.",
        (observed, series) -> value(observed.table().entries(), series));
    families.gauge(
        "conntrack_table_limit",
        "How many connections the kernel's table can hold"
            + " (net.netfilter.nf_conntrack_max). 0 is no limit.",
        (observed, series) -> value(observed.table().limit(), series));
    for (KernelCounter counter : KernelCounter.values()) {
      register(families, counter, perCpu);
    }
  }

  private static void value(OptionalLong value, Series series) {
    value.ifPresent(series::count);
  }

  private static void register(ObservedFamilies families, KernelCounter counter, boolean perCpu) {
    String name = "conntrack_stat_" + counter.name().toLowerCase(Locale.ROOT) + "_total";
    if (perCpu) {
      families.counter(
          name,
          help(counter),
          (observed, series) -> ofEachCpu(observed.table(), counter, series),
          CPU);
    } else {
      families.counter(
          name, help(counter), (observed, series) -> value(sum(observed.table(), counter), series));
    }
  }

  private static void ofEachCpu(KernelTable table, KernelCounter counter, Series series) {
    table
        .counters()
        .forEach((cpu, counters) -> {
          Long value = counters.get(counter);
          if (value != null) {
            series.count(value, cpu.toString());
          }
        });
  }

  /** Empty where the kernel does not count it. */
  private static OptionalLong sum(KernelTable table, KernelCounter counter) {
    OptionalLong sum = OptionalLong.empty();
    for (Map<KernelCounter, Long> cpu : table.counters().values()) {
      Long value = cpu.get(counter);
      if (value != null) {
        sum = OptionalLong.of(sum.orElse(0) + value);
      }
    }
    return sum;
  }

  /** What it means to an operator, and what to do when it grows. */
  private static String help(KernelCounter counter) {
    return switch (counter) {
      case DROP ->
          "Packets that the kernel dropped because it could not track their connection."
              + " Mostly the table was full. Raise net.netfilter.nf_conntrack_max, or shorten"
              + " timeouts.";
      case EARLY_DROP ->
          "Connections that the kernel removed from the full table to make room for new"
              + " ones. Raise net.netfilter.nf_conntrack_max before the kernel has to drop"
              + " packets.";
      case INSERT_FAILED ->
          "Connections that could not be entered in the table. Their packet was dropped."
              + " Either another packet had entered the same connection, as with two DNS queries"
              + " from one UDP socket, or source NAT has few ports left.";
      case CHAINTOOLONG ->
          "Connections that could not be entered because too many shared a place in the"
              + " hash table. Their packet was dropped. Raise"
              + " net.netfilter.nf_conntrack_buckets.";
      case INVALID ->
          "Packets that fit no connection. They are malformed, or out of place, as after"
              + " asymmetric routing or a flush. Firewall rules see them as ct state invalid.";
      case ERROR ->
          "ICMP packets that were malformed, or told of an error in a connection that is"
              + " not tracked.";
      case CLASH_RESOLVE ->
          "Packets that entered a connection at the same time as another packet. They were"
              + " not dropped. This is harmless.";
      case SEARCH_RESTART ->
          "Lookups that began again because the table had changed. This is harmless,"
              + " unless it grows as fast as packets come.";
      case FOUND ->
          "Tuples that NAT wanted to give to a connection and found in use. If this grows"
              + " fast, source NAT has few ports left.";
      case INSERT ->
          "Connections that programs such as conntrackd entered in the table. Newer"
              + " kernels do not count connections that packets entered.";
    };
  }
}
