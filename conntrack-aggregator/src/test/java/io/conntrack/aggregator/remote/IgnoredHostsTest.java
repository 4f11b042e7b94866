package io.conntrack.aggregator.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.util.List;
import org.junit.jupiter.api.Test;

class IgnoredHostsTest {
  private static final long IPV4 = 0x0000ffff_00000000L;
  private static final long TEN = IPV4 | 0x0a000000L;
  private static final long DOCUMENTATION = 0x20010db8_00000000L;

  @Test
  void anAddressIsOneAndNotItsNeighbour() {
    IgnoredHosts hosts = ignored(new Network(0, TEN | 5, 128, Network.ANY_PORT));

    assertThat(hosts.contain(0, TEN | 5, 80)).isTrue();
    assertThat(hosts.contain(0, TEN | 5, 443)).isTrue();
    assertThat(hosts.contain(0, TEN | 4, 80)).isFalse();
  }

  @Test
  void anIpv4NetworkHasItsAddressesAndNoOthers() {
    IgnoredHosts hosts = ignored(new Network(0, TEN, 96 + 8, Network.ANY_PORT));

    assertThat(hosts.contain(0, TEN | 0x00ffffffL, 80)).isTrue();
    assertThat(hosts.contain(0, IPV4 | 0x0b000000L, 80)).isFalse();
    assertThat(hosts.contain(DOCUMENTATION, 0x0a000001L, 80)).isFalse();
  }

  @Test
  void anIpv6NetworkMayEndInEitherHalfOrBetweenThem() {
    for (int prefixBits : new int[] {32, 64, 96}) {
      IgnoredHosts hosts = ignored(new Network(DOCUMENTATION, 0, prefixBits, Network.ANY_PORT));

      assertThat(hosts.contain(DOCUMENTATION, 1, 80)).isTrue();
      assertThat(hosts.contain(DOCUMENTATION | 1, 1, 80)).isEqualTo(prefixBits == 32);
      assertThat(hosts.contain(DOCUMENTATION, 1L << 40, 80)).isEqualTo(prefixBits <= 64);
      assertThat(hosts.contain(DOCUMENTATION + (1L << 32), 0, 80)).isFalse();
    }
  }

  @Test
  void aNetworkWithAPortHasThatPortAlone() {
    IgnoredHosts hosts = ignored(new Network(0, TEN, 96 + 8, 80));

    assertThat(hosts.contain(0, TEN | 1, 80)).isTrue();
    assertThat(hosts.contain(0, TEN | 1, 443)).isFalse();
  }

  @Test
  void aPrefixOfNoBitsIsEverythingAndNoNetworkIsNothing() {
    assertThat(ignored(new Network(0, 0, 0, Network.ANY_PORT)).contain(-1, -1, 1)).isTrue();
    assertThat(IgnoredHosts.NONE.contain(0, TEN, 80)).isFalse();
  }

  @Test
  void aPrefixLongerThanAnAddressIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Network(0, 0, 129, 80))
        .withMessageContaining("prefixBits=129");
  }

  private static IgnoredHosts ignored(Network network) {
    return new IgnoredHosts(List.of(network));
  }

  @Test
  void anIpv6NetworkOfAnyLengthHasNoIpv4AddressInIt() {
    IgnoredHosts everyIpv6 =
        new IgnoredHosts(List.of(new IgnoredHosts.Network(0, 0, 0, IgnoredHosts.Network.ANY_PORT)));

    assertThat(everyIpv6.contain(0x2001_0db8_0000_0000L, 1, 80)).isTrue();
    assertThat(everyIpv6.contain(0, 1, 80)).as("::1").isTrue();
    assertThat(everyIpv6.contain(0, 0x0000_ffff_0a00_0001L, 80)).as("10.0.0.1").isFalse();
  }
}
