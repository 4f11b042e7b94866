package io.conntrack.exporter.terms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPatternTest {
  private static final long TEN = 0x0000ffff_0a000000L;
  private static final long DOCUMENTATION = 0x20010db8_00000000L;

  @Test
  void everyFormIsReadAndSeparatedByCommasOrSpaces() {
    assertThat(
            HostPattern.list(
                "10.0.1.5:3306,10.0.1.5, 10.0.0.0/8:80 10.0.0.0/8,[2001:db8::1]:443,"
                    + "2001:db8::/32,[2001:db8::/32]:443,2001:db8::1"))
        .isEqualTo(
            new IgnoredHosts(
                List.of(
                    new Network(0, TEN | 0x0105, 128, 3306),
                    new Network(0, TEN | 0x0105, 128, Network.ANY_PORT),
                    new Network(0, TEN, 104, 80),
                    new Network(0, TEN, 104, Network.ANY_PORT),
                    new Network(DOCUMENTATION, 1, 128, 443),
                    new Network(DOCUMENTATION, 0, 32, Network.ANY_PORT),
                    new Network(DOCUMENTATION, 0, 32, 443),
                    new Network(DOCUMENTATION, 1, 128, Network.ANY_PORT))));
  }

  @Test
  void nothingIsIgnoredByAnEmptyList() {
    assertThat(HostPattern.list("")).isEqualTo(IgnoredHosts.NONE);
    assertThat(HostPattern.list(" , ")).isEqualTo(IgnoredHosts.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "10.1",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.1:65536",
        "10.0.0.1:",
        "10.0.0.1:http",
        "[10.0.0.1]:80",
        "2001:db8::1::2",
        "2001:db8::/129",
        "[2001:db8::1",
        "10.0.0.0/",
        "*"
      })
  void anythingElseIsRefusedByName(String host) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPattern.list("10.0.1.5," + host))
        .withMessageContaining("'" + host + "' is none");
  }
}
