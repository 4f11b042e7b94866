package io.conntrack.ffm.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.ffm.request.FlowDump;
import io.conntrack.ffm.request.StatisticsQuery;
import io.conntrack.ffm.socket.AddressSocket;
import io.conntrack.ffm.socket.EventFilter;
import io.conntrack.ffm.socket.EventSocket;
import io.conntrack.ffm.socket.ReceiveBuffers;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Capabilities;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Sockets that this thread uses, in a namespace that it never enters. */
@KernelTest
class NetworkNamespaceTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.1", 443));

  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void everySocketIsInTheNamespaceAndTheThreadStaysWhereItWas() throws Exception {
    NetworkNamespace.Id before = NetworkNamespace.ownId();
    NetworkNamespace there = NetworkNamespace.at(namespace.path());
    assertThat(there.id()).isNotEqualTo(before);
    try (ReceiveBuffers buffers = new ReceiveBuffers();
        EventSocket events = EventSocket.open(there, buffers, 1 << 20, EventFilter.ALL);
        AddressSocket addresses = AddressSocket.open(there, buffers);
        FlowDump dump = new FlowDump();
        StatisticsQuery statistics = new StatisticsQuery();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, 3).mapToObj(FLOW::client));
      namespace.sh("ip addr add 10.1.2.3/24 dev lo");

      assertThat(events.receive()).isEqualTo(EventSocket.Received.EMPTIED);
      assertThat(events.flows().size()).isEqualTo(3);
      assertThat(addresses.takeChanged()).isTrue();
      assertThat(addresses.read()).contains(0xffff0a010203L);
      assertThat(statistics.readEntries(there)).hasValue(3);
      assertThat(statistics.read(there).entries()).hasValue(3);
      assertThat(dumped(dump, there)).isEqualTo(3);
      assertThat(dumped(dump, there)).isEqualTo(3);
    }
    assertThat(NetworkNamespace.ownId()).isEqualTo(before);
  }

  private static int dumped(FlowDump dump, NetworkNamespace namespace) throws Exception {
    dump.begin(namespace);
    int flows = 0;
    while (dump.isRunning()) {
      dump.receive();
      flows += dump.flows().size();
    }
    assertThat(dump.failure()).isNull();
    return flows;
  }

  @Test
  void theThreadThatWasInsideEnds() throws Exception {
    NetworkNamespace there = NetworkNamespace.at(namespace.path());
    for (int i = 0; i < 20; i++) {
      assertThat(there.call(NetworkNamespace::ownId)).isEqualTo(there.id());
    }
    Await.until("the threads to end", NetworkNamespaceTest::threads, List::isEmpty);
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("netns"))
        .toList();
  }

  @Test
  void withoutCapSysAdminTheErrorSaysSo() throws Exception {
    CompletableFuture<Object> refused = new CompletableFuture<>();
    NetworkNamespace there = NetworkNamespace.at(namespace.path());
    Thread.ofPlatform()
        .start(() -> {
          Capabilities.dropAll();
          try {
            NetworkNamespace.requireEntry();
          } catch (ConntrackException e) {
            refused.complete(e);
          }
          refused.complete("entered " + there);
        });

    assertThat(refused.get(10, TimeUnit.SECONDS))
        .asInstanceOf(InstanceOfAssertFactories.type(ConntrackException.class))
        .satisfies(e -> {
          assertThat(e).hasMessageContaining("Operation not permitted (errno=1)");
          assertThat(e.remedy()).contains("CAP_SYS_ADMIN", "netns.conf", "--cap-add=SYS_ADMIN");
          assertThat(e.isLasting()).isTrue();
        });
  }

  @Test
  void whatIsNoNamespaceOrIsNotThereIsRefused() throws Exception {
    Path file = Files.createTempFile("no", "namespace");
    try {
      assertThatThrownBy(() -> NetworkNamespace.at(file))
          .isInstanceOf(ConntrackException.class)
          .hasMessage("netns=" + file + " is not a network namespace's file");
    } finally {
      Files.delete(file);
    }
    assertThatThrownBy(() -> NetworkNamespace.at(file))
        .isInstanceOf(ConntrackException.class)
        .hasMessageStartingWith("netns=" + file + " cannot be reached: ");
  }

  @Test
  void aPathThatHasComeToStandForAnotherNamespaceIsNotEntered() throws Exception {
    Path link = Files.createTempDirectory("netns").resolve("blue");
    try (Namespace other = Namespace.create()) {
      Files.createSymbolicLink(link, namespace.path());
      NetworkNamespace there = NetworkNamespace.at(link);
      assertThat(there.call(NetworkNamespace::ownId)).isEqualTo(there.id());

      Files.delete(link);
      assertThatThrownBy(() -> there.call(NetworkNamespace::ownId))
          .hasMessageContaining("open(netns=" + link + ") failed: No such file or directory");
      Files.createSymbolicLink(link, other.path());
      assertThatThrownBy(() -> there.call(NetworkNamespace::ownId))
          .hasMessage("netns=" + link + " has become another network namespace");
    } finally {
      try (Stream<Path> files = Files.list(link.getParent())) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(link.getParent());
    }
  }
}
