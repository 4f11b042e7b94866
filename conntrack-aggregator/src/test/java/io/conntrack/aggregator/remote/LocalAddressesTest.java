package io.conntrack.aggregator.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.Flows;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LocalAddressesTest {
  @Test
  void containsWhatItWasMadeOfAndNothingElse() {
    LocalAddresses addresses = Flows.local("10.0.0.1", "2001:db8::1", "::1");

    assertThat(contains(addresses, "10.0.0.1")).isTrue();
    assertThat(contains(addresses, "2001:db8::1")).isTrue();
    assertThat(contains(addresses, "::1")).isTrue();
    assertThat(contains(addresses, "10.0.0.2")).isFalse();
    assertThat(contains(addresses, "2001:db8::")).isFalse();
    assertThat(addresses.size()).isEqualTo(3);
  }

  @Test
  void withoutAddressesNothingIsLocal() {
    assertThat(LocalAddresses.of().size()).isZero();
    assertThat(contains(LocalAddresses.of(), "127.0.0.1")).isFalse();
  }

  @Test
  void theUnspecifiedAddressIsNeverLocal() {
    LocalAddresses addresses = Flows.local("::", "10.0.0.1");

    assertThat(contains(addresses, "::")).isFalse();
    assertThat(addresses.size()).isEqualTo(1);
  }

  @Test
  void agreesWithAHashSetOnThousandsOfAddresses() {
    Random random = new Random(4);
    Set<List<Long>> model = new HashSet<>();
    long[] words = new long[10_000];
    for (int i = 0; i < words.length; i += 2) {
      words[i] = random.nextInt(3);
      words[i + 1] = random.nextInt(3_000);
      if ((words[i] | words[i + 1]) != 0) {
        model.add(List.of(words[i], words[i + 1]));
      }
    }
    LocalAddresses addresses = LocalAddresses.of(words);

    assertThat(addresses.size()).isEqualTo(model.size());
    for (long high = 0; high < 4; high++) {
      for (long low = 0; low < 3_001; low++) {
        assertThat(addresses.contains(high, low)).isEqualTo(model.contains(List.of(high, low)));
      }
    }
  }

  @Test
  void setsOfTheSameAddressesAreEqualInWhateverOrderTheyCame() {
    LocalAddresses addresses = Flows.local("10.0.0.1", "10.0.0.2", "::1");

    assertThat(addresses)
        .isEqualTo(Flows.local("::1", "10.0.0.2", "10.0.0.1", "10.0.0.1", "::1"))
        .hasSameHashCodeAs(Flows.local("::1", "10.0.0.2", "10.0.0.1", "10.0.0.1", "::1"))
        .isNotEqualTo(Flows.local("10.0.0.1", "10.0.0.2"))
        .isNotEqualTo(Flows.local("10.0.0.1", "10.0.0.2", "::2"))
        .isNotEqualTo(Flows.local());
  }

  @Test
  void everyMulticastGroupAndTheBroadcastAddressAreTakenForOwn() {
    LocalAddresses none = LocalAddresses.of();

    assertThat(contains(none, "224.0.0.0")).isTrue();
    assertThat(contains(none, "239.255.255.255")).isTrue();
    assertThat(contains(none, "255.255.255.255")).isTrue();
    assertThat(contains(none, "ff02::fb")).isTrue();
    assertThat(contains(none, "223.255.255.255")).isFalse();
    assertThat(contains(none, "240.0.0.0")).isFalse();
    assertThat(contains(none, "fe80::1")).isFalse();
  }

  @Test
  void aNetworkContainsItsFirstAndItsLastAddressAndNoneBesideThem() {
    LocalAddresses addresses = networks("10.9.0.0/16", "2001:db8:7::/48", "192.0.2.128/25");

    assertThat(contains(addresses, "10.9.0.0")).isTrue();
    assertThat(contains(addresses, "10.9.255.255")).isTrue();
    assertThat(contains(addresses, "10.8.255.255")).isFalse();
    assertThat(contains(addresses, "10.10.0.0")).isFalse();
    assertThat(contains(addresses, "2001:db8:7::")).isTrue();
    assertThat(contains(addresses, "2001:db8:7:ffff:ffff:ffff:ffff:ffff")).isTrue();
    assertThat(contains(addresses, "2001:db8:8::")).isFalse();
    assertThat(contains(addresses, "192.0.2.127")).isFalse();
    assertThat(contains(addresses, "192.0.2.128")).isTrue();
  }

  @Test
  void theUpperHalfOfAllAddressesAndSingleOnesAmongNetworksAreContained() {
    LocalAddresses addresses = networks("8000::/1", "128.0.0.0/1", "10.9.0.0/16", "10.7.0.1/32");

    assertThat(contains(addresses, "8000::")).isTrue();
    assertThat(contains(addresses, "ffff::1")).isTrue();
    assertThat(contains(addresses, "7fff::1")).isFalse();
    assertThat(contains(addresses, "128.0.0.0")).isTrue();
    assertThat(contains(addresses, "127.255.255.255")).isFalse();
    assertThat(contains(addresses, "10.7.0.1")).isTrue();
    assertThat(contains(addresses, "10.7.0.2")).isFalse();
  }

  @Test
  void agreesWithEachPrefixOnRandomNetworksWithinAndBesideEachOther() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      long[] networks = new long[3 * (1 + random.nextInt(20))];
      for (int i = 0; i < networks.length; i += 3) {
        networks[i] = random.nextInt(4);
        networks[i + 1] = (long) random.nextInt(4) << 62 | random.nextInt(16);
        networks[i + 2] = random.nextInt(58, 129);
      }
      LocalAddresses addresses = LocalAddresses.ofNetworks(networks);
      for (int i = 0; i < 200; i++) {
        long high = random.nextInt(4);
        long low = (long) random.nextInt(4) << 62 | random.nextInt(16);
        assertThat(addresses.contains(high, low)).isEqualTo(isInAny(networks, high, low));
      }
    }
  }

  private static boolean isInAny(long[] networks, long high, long low) {
    boolean in = false;
    for (int i = 0; i < networks.length; i += 3) {
      int bits = (int) networks[i + 2];
      boolean unspecified = bits == 128 && (networks[i] | networks[i + 1]) == 0;
      in |=
          new Network(networks[i], networks[i + 1], bits, 0).contains(high, low, 0) && !unspecified;
    }
    return in;
  }

  @Test
  void setsOfTheSameNetworksAreEqualWhateverLiesWithinThem() {
    LocalAddresses addresses = networks("10.9.0.0/16", "2001:db8::/32", "10.7.0.1/32");

    assertThat(addresses)
        .isEqualTo(networks("2001:db8::/32", "10.9.7.0/24", "10.7.0.1/32", "10.9.0.0/16"))
        .hasSameHashCodeAs(networks("2001:db8::/32", "10.7.0.1/32", "10.9.0.0/16"))
        .isNotEqualTo(networks("10.9.0.0/16", "10.7.0.1/32"))
        .isNotEqualTo(networks("10.9.0.0/17", "2001:db8::/32", "10.7.0.1/32"));
  }

  /** The figures are in the benchmark {@code LocalAddressesBenchmark}. */
  @Test
  void aHundredThousandTakeLessThanFiveMegabytes() {
    assertThat(many(128).memoryBytes()).isLessThan(5_000_000);
    assertThat(many(120).memoryBytes()).isLessThan(5_000_000);
  }

  private static LocalAddresses many(int bits) {
    long[] networks = new long[300_000];
    for (int i = 0; i < 100_000; i++) {
      networks[3 * i + 1] = 0xffff_0a000000L + ((long) i << (128 - bits));
      networks[3 * i + 2] = bits;
    }
    return LocalAddresses.ofNetworks(networks);
  }

  private static LocalAddresses networks(String... prefixes) {
    long[] words = new long[3 * prefixes.length];
    for (int i = 0; i < prefixes.length; i++) {
      String address = prefixes[i].substring(0, prefixes[i].indexOf('/'));
      int bits = Integer.parseInt(prefixes[i].substring(address.length() + 1));
      words[3 * i] = Flows.high(address);
      words[3 * i + 1] = Flows.low(address);
      words[3 * i + 2] = address.contains(":") ? bits : bits + 96;
    }
    return LocalAddresses.ofNetworks(words);
  }

  @Test
  void aNetworkOfNoBitsOrOfTooManyIsRefused() {
    assertThatThrownBy(() -> LocalAddresses.ofNetworks(0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bits=0 of a network's address: must be from 1 to 128");
    assertThatThrownBy(() -> LocalAddresses.ofNetworks(0, 0, 129))
        .hasMessage("bits=129 of a network's address: must be from 1 to 128");
    assertThatThrownBy(() -> LocalAddresses.ofNetworks(0, 0))
        .hasMessage("a network is three words, but words=2 are not a multiple of it");
  }

  @Test
  void halfAnAddressIsRefused() {
    assertThatThrownBy(() -> LocalAddresses.of(1, 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an address is a high and a low word, but words=3 is odd");
  }

  private static boolean contains(LocalAddresses addresses, String address) {
    return addresses.contains(Flows.high(address), Flows.low(address));
  }
}
