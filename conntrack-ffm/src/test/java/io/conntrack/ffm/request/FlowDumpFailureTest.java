package io.conntrack.ffm.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.generated.Netfilter;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.request.FlowDump.Received;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Interceptor;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel says in the midst of a dump: whatever it is, the dump is not taken as whole. */
@KernelTest
class FlowDumpFailureTest {
  /** Some ten portions. */
  private static final int FLOWS = 2_000;

  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));

  private static final int EBUSY = 16;
  private static final int ENOMEM = 12;
  private static final int SEQUENCE = 1;

  private Namespace namespace;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, FLOWS).mapToObj(FLOW::client));
    }
  }

  @AfterEach
  void close() {
    namespace.close();
  }

  @Test
  void aPortionThatTheKernelFlagsAsInterrupted() throws ConntrackException {
    assertThat(failure(portion -> Interceptor.flagged(portion, Netlink.DUMP_INTERRUPTED)))
        .isEqualTo("The conntrack dump failed: Interrupted system call (errno=4)");
  }

  @Test
  void anEndThatTheKernelFlagsAsInterrupted() throws ConntrackException {
    byte[] end = Interceptor.verdict(Netfilter.NLMSG_DONE(), SEQUENCE, 0);
    assertThat(failure(portion -> Interceptor.flagged(end, Netlink.DUMP_INTERRUPTED)))
        .isEqualTo("The conntrack dump failed: Interrupted system call (errno=4)");
  }

  @Test
  void anErrorMessage() throws ConntrackException {
    byte[] busy = Interceptor.verdict(Netfilter.NLMSG_ERROR(), SEQUENCE, -EBUSY);
    assertThat(failure(portion -> busy))
        .isEqualTo("The conntrack dump failed: Device or resource busy (errno=16)");
  }

  @Test
  void anEndWithAnError() throws ConntrackException {
    byte[] end = Interceptor.verdict(Netfilter.NLMSG_DONE(), SEQUENCE, -ENOMEM);
    assertThat(failure(portion -> end))
        .isEqualTo("The conntrack dump failed: Cannot allocate memory (errno=12)");
  }

  @Test
  void anAnswerToAnotherRequest() throws ConntrackException {
    byte[] end = Interceptor.verdict(Netfilter.NLMSG_DONE(), SEQUENCE + 1, 0);
    assertThat(failure(portion -> end))
        .isEqualTo("The conntrack dump failed: Protocol error (errno=71)");
  }

  @Test
  void aMessageThatIsCutOff() throws ConntrackException {
    assertThat(failure(portion -> Arrays.copyOf(portion, portion.length - 20)))
        .isEqualTo("A message of the conntrack dump was cut off");
  }

  @Test
  void aPortionThatIsLongerThanAnyShouldBe() throws ConntrackException {
    assertThat(failure(portion -> Arrays.copyOf(portion, 33_000)))
        .isEqualTo("A part of the conntrack dump was cut off");
  }

  @Test
  void silence() throws ConntrackException {
    namespace.run(() -> {
      try (FlowDump dump = new FlowDump();
          Interceptor kernel = begin(dump)) {
        assertThat(dump.receive()).isEqualTo(Received.PORTION);
        kernel.pass();
        long heardNs = System.nanoTime();
        assertThat(dump.receive()).isEqualTo(Received.PORTION);
        assertThat(dump.flows().size()).isPositive();

        Await.until("the failure", () -> dump.receive() == Received.FAILED);

        assertThat(System.nanoTime() - heardNs).isGreaterThan(FlowDump.SILENCE_MS * 1_000_000L);
        assertThat(dump.failure()).hasMessage("The conntrack dump was silent for 2000 ms");
        assertThat(entries(dump)).isEqualTo(FLOWS);
      }
    });
  }

  /**
   * What is said of a dump whose second portion becomes something else on the way. The first is
   * taken before, and the next dump is whole after.
   */
  private String failure(UnaryOperator<byte[]> tamper) throws ConntrackException {
    return namespace.call(() -> {
      try (FlowDump dump = new FlowDump();
          Interceptor kernel = begin(dump)) {
        kernel.pass();
        assertThat(dump.receive()).isEqualTo(Received.PORTION);
        assertThat(dump.flows().size()).isPositive();

        kernel.give(tamper.apply(kernel.take()));
        assertThat(dump.receive()).isEqualTo(Received.FAILED);
        assertThat(dump.isRunning()).isFalse();
        ConntrackException failure = dump.failure();
        assertThat(failure.isLasting()).isFalse();
        assertThat(entries(dump)).isEqualTo(FLOWS);
        return failure.getMessage();
      }
    });
  }

  private static Interceptor begin(FlowDump dump) throws ConntrackException {
    dump.begin(NetworkNamespace.OWN);
    return Interceptor.of(dump.descriptor());
  }

  private static int entries(FlowDump dump) throws ConntrackException {
    int entries = 0;
    dump.begin(NetworkNamespace.OWN);
    while (dump.isRunning()) {
      assertThat(dump.receive()).isNotEqualTo(Received.FAILED);
      entries += dump.flows().size();
    }
    return entries;
  }
}
