package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@KernelTest
class AddressSocketTest {
  private static final String LOOPBACK_IPV4 = "0:ffff7f000001";
  private static final String LOOPBACK_IPV6 = "0:1";

  @Test
  void theAddressesAreThoseOfTheInterfacesAndTheirChangesAreTold() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.run(() -> {
        try (ReceiveBuffers buffers = new ReceiveBuffers();
            AddressSocket addresses = AddressSocket.open(NetworkNamespace.OWN, buffers)) {
          assertThat(read(addresses)).containsExactlyInAnyOrder(LOOPBACK_IPV4, LOOPBACK_IPV6);
          assertThat(addresses.takeChanged()).isFalse();

          namespace.sh("ip addr add 10.1.2.3/24 dev lo; ip addr add fd00::5/64 dev lo nodad");
          assertThat(addresses.takeChanged()).isTrue();
          assertThat(addresses.takeChanged()).isFalse();
          assertThat(read(addresses))
              .containsExactlyInAnyOrder(
                  LOOPBACK_IPV4, LOOPBACK_IPV6, "0:ffff0a010203", "fd00000000000000:5");

          namespace.sh("ip addr del 10.1.2.3/24 dev lo");
          assertThat(addresses.takeChanged()).isTrue();
          assertThat(read(addresses)).doesNotContain("0:ffff0a010203");
        }
      });
    }
  }

  @Test
  void ofAPointToPointLinkTheNearEndIsLocalAndTheFarEndIsNot() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh("ip addr add 10.9.0.1 peer 10.9.0.2 dev lo");
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

      assertThat(addresses).hasSize(252).doesNotHaveDuplicates();
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
            assertThat(read(socket)).hasSizeBetween(1002, 1003).contains("0:ffff0a020101");
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
    long[] halves = socket.read();
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < halves.length; i += 2) {
      addresses.add(Long.toHexString(halves[i]) + ":" + Long.toHexString(halves[i + 1]));
    }
    return addresses;
  }
}
