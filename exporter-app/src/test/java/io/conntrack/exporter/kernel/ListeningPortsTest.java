package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.exporter.options.Options;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@KernelTest
class ListeningPortsTest {
  private static final long AGE_MS = 60_000;

  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void theyAreReadAgainAfterAMinuteOrWhenAFlowHasBegun() throws Exception {
    namespace.run(ListeningPortsTest::readAgain);
  }

  private static void readAgain() throws Exception {
    Options options = Options.parse(new String[0], Map.of());
    try (FlowTracker tracker = new FlowTracker(options.configuration().trackerOptions())) {
      ListeningPorts ports = new ListeningPorts(NetworkNamespace.OWN, tracker);
      assertThat(ports.read(0, 0, true)).as("those that the kernel gives are told").isTrue();
      try (ServerSocket _ = listen(80)) {
        assertThat(ports.read(AGE_MS - 1, 0, true)).isFalse();
        assertThat(ports.read(AGE_MS, 0, true)).isTrue();
        assertThat(ports.read(AGE_MS, 0, false)).as("nothing has changed").isFalse();
        try (ServerSocket _ = listen(81)) {
          assertThat(ports.read(AGE_MS + 1, 0, true)).isFalse();
          assertThat(ports.read(AGE_MS + 1, 1, true)).as("a flow has begun").isTrue();
        }
        try (ServerSocket _ = listen(82)) {
          assertThat(ports.read(AGE_MS + 2, 1, true)).isFalse();
          assertThat(ports.read(AGE_MS + 2, 1, false)).isTrue();
        }
      }
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }
}
