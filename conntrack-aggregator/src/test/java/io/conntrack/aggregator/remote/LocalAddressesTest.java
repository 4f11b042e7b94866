package io.conntrack.aggregator.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.Flows;
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
  void halfAnAddressIsRefused() {
    assertThatThrownBy(() -> LocalAddresses.of(1, 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an address is a high and a low word, but words=3 is odd");
  }

  private static boolean contains(LocalAddresses addresses, String address) {
    return addresses.contains(Flows.high(address), Flows.low(address));
  }
}
