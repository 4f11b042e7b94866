package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

@KernelTest
class AddressSocketTest {
  private static final String LOOPBACK_IPV4 = "0:ffff7f000001";
  private static final String LOOPBACK_NETWORK = "0:ffff7f000000/104";
  private static final String LOOPBACK_BROADCAST = "0:ffff7fffffff";
  private static final String LOOPBACK_IPV6 = "0:1";
  private static final String[] LOOPBACK = {
    LOOPBACK_IPV4, LOOPBACK_NETWORK, LOOPBACK_BROADCAST, LOOPBACK_IPV6
  };

  /** Something done with a socket inside a namespace. */
  private interface Body {
    void with(AddressSocket addresses) throws ConntrackException;
  }

  private static void in(Namespace namespace, Body body) throws ConntrackException {
    namespace.run(() -> {
      try (ReceiveBuffers buffers = new ReceiveBuffers();
          AddressSocket addresses = AddressSocket.open(NetworkNamespace.OWN, buffers)) {
        body.with(addresses);
      }
    });
  }

  @Test
  void theAddressesAreThoseOfTheInterfacesAndTheirChangesAreTold() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      in(
          namespace,
          addresses -> {
            assertThat(read(addresses)).containsExactlyInAnyOrder(LOOPBACK);
            assertThat(addresses.takeChanged()).isFalse();

            namespace.sh("ip addr add 10.1.2.3/24 dev lo; ip addr add fd00::5/64 dev lo nodad");
            assertThat(addresses.takeChanged()).isTrue();
            assertThat(addresses.takeChanged()).isFalse();
            assertThat(read(addresses))
                .contains("0:ffff0a010203", "fd00000000000000:5", "0:ffff0a0102ff");

            namespace.sh("ip addr del 10.1.2.3/24 dev lo; ip addr del fd00::5/64 dev lo");
            assertThat(addresses.takeChanged()).isTrue();
            assertThat(read(addresses)).containsExactlyInAnyOrder(LOOPBACK);
          });
    }
  }

  @Test
  void theAddressesOfAnInterfaceThatIsDownStayLocal() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh("ip link add v0 type veth peer name v1; ip addr add 10.1.2.3/24 dev v0");

      in(namespace, addresses -> assertThat(read(addresses)).contains("0:ffff0a010203"));
    }
  }

  @Test
  void theNetworksOfLocalAndBroadcastRoutesAreReadAndTheirChangesAreTold()
      throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      in(
          namespace,
          addresses -> {
            namespace.sh(
                "ip route add local 198.51.100.0/24 dev lo; ip route add broadcast 10.8.0.9 dev lo;"
                    + " ip -6 route add local 2001:db8:7::/48 dev lo table 10;"
                    + " ip -6 route add anycast 2001:db8:8::/128 dev lo");
            assertThat(addresses.takeChanged()).isTrue();
            assertThat(read(addresses))
                .contains(
                    "0:ffffc6336400/120",
                    "0:ffff0a080009",
                    "20010db800070000:0/48",
                    "20010db800080000:0");

            namespace.sh(
                "ip route del local 198.51.100.0/24 dev lo;"
                    + " ip route del broadcast 10.8.0.9 dev lo;"
                    + " ip -6 route del local 2001:db8:7::/48 dev lo table 10;"
                    + " ip -6 route del anycast 2001:db8:8::/128 dev lo");
            assertThat(addresses.takeChanged()).isTrue();
            assertThat(read(addresses)).containsExactlyInAnyOrder(LOOPBACK);
          });
    }
  }

  @Test
  void routesToElsewhereAreNeitherReadNorTold() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      in(
          namespace,
          addresses -> {
            namespace.sh(
                "for i in $(seq 0 255); do echo route add 10.20.$i.0/24 dev lo;"
                    + " echo route add blackhole 10.21.$i.0/24; done | ip -b -;"
                    + " ip -6 route add 2001:db8::/48 dev lo; ip route del 10.20.7.0/24;"
                    + " ip link set lo mtu 9000");

            assertThat(addresses.takeChanged()).isFalse();
            assertThat(read(addresses)).containsExactlyInAnyOrder(LOOPBACK);
          });
    }
  }

  @Test
  void theDefaultRouteOfATransparentProxyDoesNotMakeEverythingLocal() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh(
          "ip route add local default dev lo table 100; ip rule add fwmark 1 lookup 100;"
              + " ip -6 route add local default dev lo table 100");

      in(namespace, addresses -> assertThat(read(addresses)).containsExactlyInAnyOrder(LOOPBACK));
    }
  }

  @Test
  void localRoutesThatGoWithTheirInterfaceAreToldThoughTheKernelSaysNothingOfThem()
      throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh(
          "ip link add v0 type veth peer name v1; ip link set v0 up;"
              + " ip route add local 10.9.0.0/16 dev v0");
      in(
          namespace,
          addresses -> {
            assertThat(read(addresses)).contains("0:ffff0a090000/112");

            namespace.sh("ip link del v0");
            assertThat(addresses.takeChanged()).isTrue();
            assertThat(read(addresses)).doesNotContain("0:ffff0a090000/112");
          });
    }
  }

  @Test
  void thoseOfAVrfAreLocal() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      assumeTrue(hasVrf(namespace), "this kernel has no VRF (CONFIG_NET_VRF)");
      in(
          namespace,
          addresses -> {
            namespace.sh(
                "ip link add blue type vrf table 10; ip link set blue up;"
                    + " ip link add v0 type veth peer name v1; ip link set v0 master blue;"
                    + " ip link set v0 up; ip link set v1 up; ip addr add 10.1.2.3/24 dev v0;"
                    + " ip route add local 198.51.100.0/24 dev v0 table 10");

            assertThat(addresses.takeChanged()).isTrue();
            assertThat(read(addresses))
                .contains("0:ffff0a010203", "0:ffff0a0102ff", "0:ffffc6336400/120");
          });
    }
  }

  private static boolean hasVrf(Namespace namespace) {
    String refusal = namespace.sh("ip link add probe type vrf table 99 2>&1 || :");
    if (refusal.isEmpty()) {
      namespace.sh("ip link del probe");
      return true;
    }
    assertThat(refusal).as("the only reason to skip").contains("Unknown device type");
    return false;
  }

  @Test
  void ofAPointToPointLinkTheNearEndIsLocalAndTheFarEndIsNot() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh(
          "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up;"
              + " ip addr add 10.9.0.1 peer 10.9.0.2 dev v0");
      List<String> addresses =
          namespace.call(() -> {
            try (ReceiveBuffers buffers = new ReceiveBuffers();
                AddressSocket socket = AddressSocket.open(NetworkNamespace.OWN, buffers)) {
              return read(socket);
            }
          });

      assertThat(addresses).contains("0:ffff0a090001").doesNotContain("0:ffff0a090002");
    }
  }

  @Test
  void hundredsOfAddressesAreRead() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh("for i in $(seq 1 250); do echo addr add 10.2.0.$i/32 dev lo; done | ip -b -");
      List<String> addresses =
          namespace.call(() -> {
            try (ReceiveBuffers buffers = new ReceiveBuffers();
                AddressSocket socket = AddressSocket.open(NetworkNamespace.OWN, buffers)) {
              return read(socket);
            }
          });

      assertThat(addresses).hasSize(250 + LOOPBACK.length);
    }
  }

  @Test
  void whileAddressesComeAndGoThoseThatStayAreRead() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh(
          "for i in 1 2 3 4; do for j in $(seq 1 250); do echo addr add 10.2.$i.$j/32 dev lo; done;"
              + " done | ip -b -");
      Process churn =
          namespace.exec(
              "sh",
              "-euc",
              "while :; do echo addr add 10.3.0.1/32 dev lo; echo addr del 10.3.0.1/32 dev lo; done"
                  + " | ip -b -");
      namespace.run(() -> {
        try (ReceiveBuffers buffers = new ReceiveBuffers();
            AddressSocket socket = AddressSocket.open(NetworkNamespace.OWN, buffers)) {
          Await.until("addresses to come and go", () -> takeChanged(socket));
          for (int i = 0; i < 20; i++) {
            assertThat(read(socket))
                .hasSizeBetween(1000 + LOOPBACK.length, 1001 + LOOPBACK.length)
                .contains("0:ffff0a020101");
            Await.until("word of a change", () -> takeChanged(socket));
          }
        }
      });
      assertThat(churn.isAlive()).isTrue();
    }
  }

  private static boolean takeChanged(AddressSocket socket) {
    try {
      return socket.takeChanged();
    } catch (ConntrackException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> read(AddressSocket socket) throws ConntrackException {
    long[] networks = socket.read();
    Set<String> read = new LinkedHashSet<>();
    for (int i = 0; i < networks.length; i += 3) {
      String bits = networks[i + 2] == 128 ? "" : "/" + networks[i + 2];
      read.add(Long.toHexString(networks[i]) + ":" + Long.toHexString(networks[i + 1]) + bits);
    }
    return List.copyOf(read);
  }
}
