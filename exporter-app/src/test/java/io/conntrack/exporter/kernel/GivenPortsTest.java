package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class GivenPortsTest {
  private static BitSet ports(int first, int last) {
    BitSet ports = new BitSet();
    ports.set(first, last + 1);
    return ports;
  }

  @Test
  void thePortsOfTheRangeAreGivenButForThoseThatAreReserved() {
    BitSet expected = ports(32768, 60999);
    expected.clear(40000);
    expected.clear(50000, 50100);
    expected.clear(60000, 61000);
    assertThat(GivenPorts.of("32768\t60999\n", "80,40000,50000-50099,60000-65535\n"))
        .isEqualTo(expected);
    assertThat(GivenPorts.of("20000 20000", "\n")).isEqualTo(ports(20000, 20000));
  }

  @Test
  void whereTheKernelTellsNoRangeNoPortIsGiven() {
    assertThat(GivenPorts.of("", "80")).isEqualTo(new BitSet());
    assertThat(GivenPorts.of("32768", "")).isEqualTo(new BitSet());
    assertThat(GivenPorts.of("60000 50000", "70000-60000")).isEqualTo(new BitSet());
  }

  @KernelTest
  @Test
  void theyAreThoseOfTheNamespace() {
    try (Namespace namespace = Namespace.create()) {
      namespace.sysctl("net.ipv4.ip_local_port_range", "20000 20499");
      namespace.sysctl("net.ipv4.ip_local_reserved_ports", "20010-20019");
      BitSet expected = ports(20000, 20499);
      expected.clear(20010, 20020);
      assertThat(namespace.call(GivenPorts::read)).isEqualTo(expected);

      namespace.sh(
          "(seq -s, 20001 2 20499; seq -s, 30001 2 31199)"
              + " > /proc/sys/net/ipv4/ip_local_reserved_ports");
      String list = namespace.sh("cat /proc/sys/net/ipv4/ip_local_reserved_ports");
      assertThat(list).hasSizeGreaterThan(5_000);
      long reserved =
          Arrays.stream(list.strip().split(",", -1))
              .filter(port -> port.matches("20[0-4].."))
              .count();
      assertThat(namespace.call(GivenPorts::read).cardinality()).isEqualTo((int) (500 - reserved));
    }
  }
}
