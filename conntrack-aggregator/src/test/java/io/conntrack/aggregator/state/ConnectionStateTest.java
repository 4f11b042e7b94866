package io.conntrack.aggregator.state;

import static io.conntrack.aggregator.state.ConnectionState.CLOSED;
import static io.conntrack.aggregator.state.ConnectionState.CLOSING;
import static io.conntrack.aggregator.state.ConnectionState.OPEN;
import static io.conntrack.aggregator.state.ConnectionState.OPENING;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import org.junit.jupiter.api.Test;

class ConnectionStateTest {
  @Test
  void everyStateOfTheKernelIsOneOfFour() {
    assertThat(ConnectionState.ofTcp(1)).as("SYN_SENT").isEqualTo(OPENING);
    assertThat(ConnectionState.ofTcp(2)).as("SYN_RECV").isEqualTo(OPENING);
    assertThat(ConnectionState.ofTcp(3)).as("ESTABLISHED").isEqualTo(OPEN);
    assertThat(ConnectionState.ofTcp(4)).as("FIN_WAIT").isEqualTo(CLOSING);
    assertThat(ConnectionState.ofTcp(5)).as("CLOSE_WAIT").isEqualTo(CLOSING);
    assertThat(ConnectionState.ofTcp(6)).as("LAST_ACK").isEqualTo(CLOSING);
    assertThat(ConnectionState.ofTcp(7)).as("TIME_WAIT").isEqualTo(CLOSING);
    assertThat(ConnectionState.ofTcp(8)).as("CLOSE").isEqualTo(CLOSED);
    assertThat(ConnectionState.ofTcp(9)).as("SYN_SENT2").isEqualTo(OPENING);
  }

  @Test
  void noneAndNumbersOfALaterKernelAreNotCounted() {
    for (int tcpState : new int[] {0, 10, 15, Flow.NO_STATE, -1, Integer.MAX_VALUE}) {
      assertThat(ConnectionState.ofTcp(tcpState)).as("tcpState=%d", tcpState).isNull();
    }
  }

  @Test
  void whatIsKeptOfANumberIsCountedAsTheNumberIs() {
    for (int tcpState = -1; tcpState <= 0x100; tcpState++) {
      int kept = ConnectionState.knownTcp(tcpState);
      assertThat(kept).isBetween(0, 9);
      assertThat(ConnectionState.ofTcp(kept)).isEqualTo(ConnectionState.ofTcp(tcpState));
    }
  }

  @Test
  void eachStateHasAColumnOfItsOwn() {
    assertThat(ConnectionState.values())
        .extracting(state -> state.column)
        .containsExactly(0, 1, 2, 3);
  }
}
