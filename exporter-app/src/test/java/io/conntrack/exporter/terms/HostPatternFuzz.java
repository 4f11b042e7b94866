package io.conntrack.exporter.terms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;

/** Any text is a list of hosts, within the bounds of addresses and ports, or is refused. */
class HostPatternFuzz {
  @FuzzTest
  void list(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    IgnoredHosts hosts;
    try {
      hosts = HostPattern.list(text);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).startsWith("addresses such as").endsWith("is none");
      return;
    }
    assertThat(hosts.networks().isEmpty()).isEqualTo(text.matches("[,\\s]*"));
    for (Network network : hosts.networks()) {
      assertThat(network.prefixBits()).isBetween(0, 128);
      assertThat(network.port()).isBetween(Network.ANY_PORT, 65535);
    }
  }
}
