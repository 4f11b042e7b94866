package io.conntrack.aggregator.flow;

import static io.conntrack.aggregator.state.ConnectionState.CLOSED;
import static io.conntrack.aggregator.state.ConnectionState.CLOSING;
import static io.conntrack.aggregator.state.ConnectionState.OPEN;
import static io.conntrack.aggregator.state.ConnectionState.OPENING;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.ConnectionState;
import org.junit.jupiter.api.Test;

class TcpStandInTest {
  @Test
  void everyStateOfSctpIsOneOfFour() {
    assertThat(sctp(1)).as("CLOSED").isEqualTo(CLOSED);
    assertThat(sctp(2)).as("COOKIE_WAIT").isEqualTo(OPENING);
    assertThat(sctp(3)).as("COOKIE_ECHOED").isEqualTo(OPENING);
    assertThat(sctp(4)).as("ESTABLISHED").isEqualTo(OPEN);
    assertThat(sctp(5)).as("SHUTDOWN_SENT").isEqualTo(CLOSING);
    assertThat(sctp(6)).as("SHUTDOWN_RECD").isEqualTo(CLOSING);
    assertThat(sctp(7)).as("SHUTDOWN_ACK_SENT").isEqualTo(CLOSING);
    assertThat(sctp(8)).as("HEARTBEAT_SENT").isEqualTo(OPENING);
    assertThat(sctp(9)).as("HEARTBEAT_ACKED").isEqualTo(OPEN);
  }

  @Test
  void closedIsAnInitUntilItIsAnswered() {
    assertThat(ConnectionState.ofTcp(TcpStandIn.ofSctp(1, false))).isEqualTo(OPENING);
    assertThat(ConnectionState.ofTcp(TcpStandIn.ofSctp(4, false))).isEqualTo(OPEN);
  }

  @Test
  void noneAndNumbersOfALaterKernelAreNotCountedAndAnUntoldStateStaysUntold() {
    for (int state : new int[] {0, 10, 15, -1, Integer.MAX_VALUE}) {
      assertThat(TcpStandIn.ofSctp(state, true)).isEqualTo(ConnectionState.TCP_NONE);
    }
    assertThat(TcpStandIn.ofSctp(Flow.NO_STATE, false)).isEqualTo(Flow.NO_STATE);
  }

  @Test
  void aFlowWithoutStatesIsOpenOnceItHasBeenAnswered() {
    assertThat(ConnectionState.ofTcp(TcpStandIn.ofReplied(false))).isEqualTo(OPENING);
    assertThat(ConnectionState.ofTcp(TcpStandIn.ofReplied(true))).isEqualTo(OPEN);
  }

  private static ConnectionState sctp(int state) {
    return ConnectionState.ofTcp(TcpStandIn.ofSctp(state, true));
  }
}
