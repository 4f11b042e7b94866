package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_DROP;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_FOUND;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_GLOBAL_ENTRIES;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_GLOBAL_MAX_ENTRIES;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_INSERT;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_DONE;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_ERROR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.ffm.socket.DatagramPair;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.testbed.Interceptor;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What a kernel may answer when it is asked for statistics: bytes that are made by hand. */
class StatisticsAnswerTest {
  private static final int SEQUENCE = 7;
  private static final int EPERM = 1;
  private static final int EOPNOTSUPP = 95;
  private static final int UNKNOWN_ATTRIBUTE = 99;
  private static final String CUT_OFF = "An answer with the conntrack statistics was cut off";
  private static final byte[] DONE = Interceptor.verdict(NLMSG_DONE(), SEQUENCE, 0);

  @AutoClose private final DatagramPair kernel = DatagramPair.open();
  @AutoClose private final StatisticsQuery query = new StatisticsQuery();

  StatisticsAnswerTest() throws ConntrackException {}

  private KernelStatistics answer(byte[]... datagrams) throws ConntrackException {
    for (byte[] datagram : datagrams) {
      kernel.send(datagram);
    }
    query.receive(kernel.descriptor(), SEQUENCE, 0);
    return query.statistics();
  }

  private void assertRefused(String message, byte[]... datagrams) {
    assertThatThrownBy(() -> answer(datagrams))
        .isInstanceOf(ConntrackException.class)
        .hasMessageContaining(message);
  }

  private static byte[] cpu(int number, long drop) {
    return StatisticsMessage.ofCpu(number).with(CTA_STATS_DROP(), drop).bytes(SEQUENCE);
  }

  @Test
  void entriesAndLimitAreOneMessage() throws ConntrackException {
    KernelStatistics told =
        answer(
            StatisticsMessage.ofTable()
                .with(CTA_STATS_GLOBAL_ENTRIES(), 812)
                .with(CTA_STATS_GLOBAL_MAX_ENTRIES(), 0xffff_fffeL)
                .bytes(SEQUENCE));
    assertThat(told.entries()).hasValue(812);
    assertThat(told.limit()).hasValue(4_294_967_294L);
    assertThat(told.counters()).isEmpty();
  }

  @Test
  void anOlderKernelTellsNoLimit() throws ConntrackException {
    KernelStatistics told =
        answer(StatisticsMessage.ofTable().with(CTA_STATS_GLOBAL_ENTRIES(), 1).bytes(SEQUENCE));
    assertThat(told.entries()).hasValue(1);
    assertThat(told.limit()).isEmpty();
  }

  @Test
  void cpusMayComeInSeveralDatagramsAndWithGapsBetweenTheirNumbers() throws ConntrackException {
    KernelStatistics told =
        answer(StatisticsMessage.joined(cpu(0, 1), cpu(2, 0xffff_ffffL)), cpu(8191, 3), DONE);
    assertThat(told.counters())
        .isEqualTo(
            Map.of(
                0, Map.of(KernelCounter.DROP, 1L),
                2, Map.of(KernelCounter.DROP, 0xffff_ffffL),
                8191, Map.of(KernelCounter.DROP, 3L)));
    assertThat(told.entries()).isEqualTo(OptionalLong.empty());
  }

  @Test
  void whatIsMissingUnknownOrOfAnotherLengthTellsNothing() throws ConntrackException {
    byte[] message =
        StatisticsMessage.ofCpu(0)
            .with(UNKNOWN_ATTRIBUTE, 5)
            .with(CTA_STATS_FOUND(), new byte[2])
            .with(CTA_STATS_DROP(), new byte[8])
            .with(CTA_STATS_INSERT(), 6)
            .bytes(SEQUENCE);
    assertThat(answer(StatisticsMessage.joined(message, DONE)).counters())
        .isEqualTo(Map.of(0, Map.of(KernelCounter.INSERT, 6L)));
  }

  @Test
  void anAttributeThatDoesNotLieInItsMessage() {
    byte[] message = cpu(0, 1);
    message[20] = 9;
    assertRefused(CUT_OFF, StatisticsMessage.joined(message, DONE));
  }

  @Test
  void anAttributeThatIsShorterThanItsHeader() {
    byte[] message = cpu(0, 1);
    message[20] = 0;
    assertRefused(CUT_OFF, StatisticsMessage.joined(message, DONE));
  }

  @Test
  void aMessageWithoutRoomForItsCpu() {
    byte[] message = Arrays.copyOf(cpu(0, 1), 16);
    message[0] = 16;
    assertRefused(CUT_OFF, message);
  }

  @Test
  void aMessageThatIsCutOff() {
    byte[] message = cpu(1, 1);
    assertRefused(
        CUT_OFF, StatisticsMessage.joined(cpu(0, 1), Arrays.copyOf(message, message.length - 4)));
  }

  @Test
  void aDatagramThatIsLongerThanAnyShouldBe() {
    assertRefused(CUT_OFF, Arrays.copyOf(cpu(0, 1), 33_000));
  }

  @Test
  void aRefusalSaysWhy() {
    assertRefused(
        "The request for conntrack statistics failed: Operation not permitted (errno=1)",
        Interceptor.verdict(NLMSG_ERROR(), SEQUENCE, -EPERM));
  }

  @Test
  void anEndWithAnErrorIsARefusal() {
    assertRefused(
        "The request for conntrack statistics failed: Operation not supported (errno=95)",
        cpu(0, 1),
        Interceptor.verdict(NLMSG_DONE(), SEQUENCE, -EOPNOTSUPP));
  }

  @Test
  void anAnswerToAnotherRequest() {
    assertRefused(
        "The request for conntrack statistics failed: Protocol error (errno=71)",
        Interceptor.verdict(NLMSG_DONE(), SEQUENCE + 1, 0));
  }

  @Test
  void silenceIsNotWaitedFor() {
    assertRefused("The request for conntrack statistics was not answered");
    assertRefused("The request for conntrack statistics was not answered", cpu(0, 1));
  }
}
