package io.conntrack.ffm.request;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RealMessages;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@KernelTest
class ConntrackRulesTest {
  private static final int NEW_RULE = 10 << 8 | 6;
  private static final int EXPRESSIONS = 4;
  private static final int ELEMENT = 1;
  private static final int NAME = 1;
  private static final int DATA = 2;

  @AutoClose private final Namespace namespace = Namespace.create();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ct state new",
        "ip saddr 10.0.0.0/8 tcp dport 22 counter ct state established,related accept",
        "ct mark set 7",
        "ct count over 10 drop"
      })
  void aRuleThatUsesConnectionStateIsCounted(String rule) throws ConntrackException {
    load("type filter hook input priority 0", rule);
    assertThat(namespace.<Long, ConntrackException>call(ConntrackRules::count)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"masquerade", "oifname \"lo\" snat ip to 192.0.2.1"})
  void aRuleThatTranslatesAddressesIsCounted(String rule) throws ConntrackException {
    load("type nat hook postrouting priority 100", rule);
    assertThat(namespace.<Long, ConntrackException>call(ConntrackRules::count)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"accept", "notrack", "tcp dport 22 counter drop", "meta mark set 7"})
  void aRuleThatDoesNotIsNot(String rule) throws ConntrackException {
    load("type filter hook prerouting priority -300", rule);
    assertThat(namespace.<Long, ConntrackException>call(ConntrackRules::count)).isZero();
  }

  @Test
  void thereMayBeNoRuleOrMoreThanOnePortionHolds() throws ConntrackException {
    assertThat(namespace.<Long, ConntrackException>call(ConntrackRules::count)).isZero();
    load("type filter hook input priority 0", "ct state new counter\n".repeat(1_000));
    assertThat(namespace.<Long, ConntrackException>call(ConntrackRules::count)).isEqualTo(1_000);
  }

  private void load(String hook, String rules) {
    namespace.nft("table inet t {\nchain c {\n" + hook + ";\n" + rules + "\n}\n}");
  }

  /** As iptables-nft makes them. */
  @ParameterizedTest
  @CsvSource({
    "match, conntrack, true",
    "match, state, true",
    "match, comment, false",
    "target, MASQUERADE, true",
    "target, CT, false",
    "target, TCPMSS, false",
    "counter, conntrack, false"
  })
  void anExtensionOfIptablesIsToldByItsName(String expression, String extension, boolean counted) {
    assertThat(count(rule(expression, extension))).isEqualTo(counted ? 1 : 0);
  }

  @Test
  void aMessageThatIsCutOffAnywhereIsNoRule() {
    byte[] rule = rule("match", "conntrack");
    int complete = rule.length - "conntrack\0".length() - 2;
    for (int length = Netlink.HEADER_BYTES; length < complete; length++) {
      byte[] part = Arrays.copyOf(rule, length);
      part[0] = (byte) length;
      assertThat(count(part)).as("length=%d", length).isZero();
    }
  }

  private static long count(byte[] message) {
    try (Arena arena = Arena.ofConfined()) {
      ConntrackRules.Counter counter = new ConntrackRules.Counter();
      assertThat(counter.visit(RealMessages.inMemory(arena, message), 0)).isTrue();
      return counter.rules;
    }
  }

  private static byte[] rule(String expression, String extension) {
    byte[] data = attribute(DATA, attribute(NAME, text(extension)));
    byte[] element = attribute(ELEMENT, joined(attribute(NAME, text(expression)), data));
    byte[] attributes = attribute(EXPRESSIONS, element);
    return joined(
        ByteBuffer.allocate(NetfilterDump.ATTRIBUTES)
            .order(ByteOrder.nativeOrder())
            .putInt(NetfilterDump.ATTRIBUTES + attributes.length)
            .putShort((short) NEW_RULE)
            .array(),
        attributes);
  }

  private static byte[] text(String text) {
    return (text + '\0').getBytes(US_ASCII);
  }

  private static byte[] attribute(int type, byte[] payload) {
    return ByteBuffer.allocate(Netlink.align(4 + payload.length))
        .order(ByteOrder.nativeOrder())
        .putShort((short) (4 + payload.length))
        .putShort((short) type)
        .put(payload)
        .array();
  }

  private static byte[] joined(byte[] first, byte[] second) {
    var joined = new ByteArrayOutputStream();
    joined.writeBytes(first);
    joined.writeBytes(second);
    return joined.toByteArray();
  }
}
