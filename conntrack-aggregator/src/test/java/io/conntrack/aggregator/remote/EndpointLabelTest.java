package io.conntrack.aggregator.remote;

import static io.conntrack.aggregator.remote.EndpointLabel.NO_PORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.Flows;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EndpointLabelTest {
  @Test
  void ipv4HasDotsAndItsPortAfterAColon() {
    assertThat(label("10.0.1.5", 3306)).isEqualTo("10.0.1.5:3306");
    assertThat(label("255.255.255.255", 65535)).isEqualTo("255.255.255.255:65535");
    assertThat(label("0.0.0.0", 0)).isEqualTo("0.0.0.0:0");
  }

  @Test
  void ipv6WithAPortIsInBrackets() {
    assertThat(label("2001:db8::1", 443)).isEqualTo("[2001:db8::1]:443");
  }

  @Test
  void anEndpointWithoutAPortIsTheBareAddress() {
    assertThat(label("10.0.9.9", NO_PORT)).isEqualTo("10.0.9.9");
    assertThat(label("2001:db8::1", NO_PORT)).isEqualTo("2001:db8::1");
  }

  /** RFC 5952, section 4. */
  @Test
  void ipv6IsWrittenInItsCanonicalForm() {
    assertThat(label("2001:0db8::0001", NO_PORT)).as("4.1 zeros").isEqualTo("2001:db8::1");
    assertThat(label("2001:db8:0:0:0:0:2:1", NO_PORT)).as("4.2.1").isEqualTo("2001:db8::2:1");
    assertThat(label("2001:db8:0:1:1:1:1:1", NO_PORT))
        .as("4.2.2 a single group is not shortened")
        .isEqualTo("2001:db8:0:1:1:1:1:1");
    assertThat(label("2001:0:0:1:0:0:0:1", NO_PORT)).as("4.2.3 longest").isEqualTo("2001:0:0:1::1");
    assertThat(label("2001:db8:0:0:1:0:0:1", NO_PORT))
        .as("4.2.3 the first of equal ones")
        .isEqualTo("2001:db8::1:0:0:1");
    assertThat(label("2001:DB8::ABCD", NO_PORT)).as("4.3 lower case").isEqualTo("2001:db8::abcd");
  }

  @Test
  void zerosAtEitherEndAreShortenedToo() {
    assertThat(label("::", NO_PORT)).isEqualTo("::");
    assertThat(label("::1", 80)).isEqualTo("[::1]:80");
    assertThat(label("fe80::", NO_PORT)).isEqualTo("fe80::");
    assertThat(label("1:2:3:4:5:6:0:0", NO_PORT)).isEqualTo("1:2:3:4:5:6::");
    assertThat(label("0:0:3:4:5:6:7:8", NO_PORT)).isEqualTo("::3:4:5:6:7:8");
    assertThat(label("0:2:3:4:5:6:7:0", NO_PORT)).isEqualTo("0:2:3:4:5:6:7:0");
  }

  @Test
  void onlyMappedAddressesAreIpv4() {
    assertThat(EndpointLabel.of(0, 0xffff_0a000001L, NO_PORT)).isEqualTo("10.0.0.1");
    assertThat(EndpointLabel.of(0, 0x0a000001L, NO_PORT)).isEqualTo("::a00:1");
    assertThat(EndpointLabel.of(1L << 32, 0xffff_0a000001L, NO_PORT)).isEqualTo("0:1::ffff:a00:1");
  }

  @Test
  void everyLabelIsReadAsTheAddressItWasMadeOfAndIsCanonical() throws UnknownHostException {
    Pattern ownRunOfZeros = Pattern.compile("(^|:)0:0(:|$)");
    Random random = new Random(5952);
    for (int i = 0; i < 100_000; i++) {
      long high = sparse(random);
      long low = sparse(random);
      String label = EndpointLabel.of(high, low, NO_PORT);

      byte[] bytes = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
      assertThat(InetAddress.getByName(label)).isEqualTo(InetAddress.getByAddress(bytes));
      assertThat(label).isLowerCase().doesNotContain(":::");
      if (!label.contains("::")) {
        assertThat(label).doesNotContainPattern(ownRunOfZeros);
      }
    }
  }

  /** Four groups, of which many are zero and others short. */
  private static long sparse(Random random) {
    long word = 0;
    for (int group = 0; group < 4; group++) {
      int bits = random.nextInt(3) == 0 ? random.nextInt(17) : 0;
      word = (word << 16) | random.nextInt(1 << bits);
    }
    return word;
  }

  private static String label(String address, int port) {
    return EndpointLabel.of(Flows.high(address), Flows.low(address), port);
  }
}
