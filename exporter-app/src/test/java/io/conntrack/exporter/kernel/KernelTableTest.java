package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.reading.RunningReader;
import io.conntrack.ffm.request.KernelCounter;
import io.conntrack.ffm.request.StatisticsQuery;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.Capabilities;
import io.conntrack.testbed.ConntrackStatistics;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The kernel's own table in observations of a real reader. */
@KernelTest
class KernelTableTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.udp("10.0.0.1", 40000, "192.0.2.1", 53));

  @AutoClose private final Namespace namespace = Namespace.create();

  private static long inserted(KernelTable table) {
    return table.counters().values().stream().mapToLong(cpu -> cpu.get(KernelCounter.INSERT)).sum();
  }

  @Test
  void eachObservationHasTheTableOfItsMoment() throws Exception {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, 100).mapToObj(FLOW::client));
      try (RunningReader reader = RunningReader.in(namespace)) {
        KernelTable table = reader.observe().table();
        assertThat(table.entries()).hasValue(100);
        assertThat(table.limit())
            .hasValue(Long.parseLong(namespace.sysctl("net.netfilter.nf_conntrack_max")));
        assertThat(inserted(table)).isEqualTo(100);

        writer.delete(IntStream.range(0, 90).mapToObj(FLOW::client));
        writer.create(IntStream.range(100, 105).mapToObj(FLOW::client));
        KernelTable later = reader.observe().table();
        assertThat(later.entries()).hasValue(15);
        assertThat(inserted(later)).isEqualTo(105);
        assertThat(later.counters().keySet())
            .isEqualTo(ConntrackStatistics.byCpu(namespace).keySet());
      }
    }
  }

  @Test
  void whatTheKernelRefusesIsAbsentAndFailsNothing() throws Exception {
    CompletableFuture<KernelTable> allowed = new CompletableFuture<>();
    CompletableFuture<KernelTable> refused = new CompletableFuture<>();
    namespace.start(
        "without-capabilities",
        () -> {
          try (StatisticsQuery query = new StatisticsQuery()) {
            KernelTableReader reader =
                new KernelTableReader(query, NetworkNamespace.OWN, new KernelTotals());
            allowed.complete(reader.read());
            Capabilities.dropAll();
            reader.read();
            refused.complete(reader.read());
          }
        });
    assertThat(allowed.get(10, TimeUnit.SECONDS).entries()).hasValue(0);
    assertThat(refused.get(10, TimeUnit.SECONDS)).isEqualTo(KernelTable.UNTOLD);
    assertThat(KernelTable.UNTOLD.counters()).isEqualTo(Map.of());
  }
}
