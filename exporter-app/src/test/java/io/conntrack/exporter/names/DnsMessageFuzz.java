package io.conntrack.exporter.names;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.exporter.terms.HostPattern;
import java.nio.ByteBuffer;

/** Whatever a server sends is a name that is a fine label, or none. */
class DnsMessageFuzz {
  private static final int ID = 7;

  @FuzzTest
  void answer(byte[] bytes) {
    byte[] question = DnsMessage.question(ID, HostPattern.network("10.0.1.5"));
    ByteBuffer message = ByteBuffer.wrap(bytes);
    assertThat(DnsMessage.id(message)).isBetween(-1, 0xffff);
    DnsMessage.Answer answer = DnsMessage.answer(message, question);
    if (answer.result() == DnsResult.FOUND) {
      assertThat(answer.name()).matches("[A-Za-z0-9_.-]{1,253}");
      assertThat(answer.ttlSeconds()).isNotNegative();
    }
  }
}
