package io.conntrack.exporter.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class NoReverseLookupTest {
  @Test
  void anAddressHasNoNameButANameHasAnAddress() throws IOException {
    assertThat(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}).getHostName())
        .isEqualTo("127.0.0.1"); // and not localhost, as /etc/hosts has it
    assertThat(InetAddress.getByName("localhost").isLoopbackAddress()).isTrue();
  }
}
