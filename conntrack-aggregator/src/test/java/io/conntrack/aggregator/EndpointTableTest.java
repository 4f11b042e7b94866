package io.conntrack.aggregator;

import static io.conntrack.aggregator.state.ConnectionState.CLOSED;
import static io.conntrack.aggregator.state.ConnectionState.CLOSING;
import static io.conntrack.aggregator.state.ConnectionState.OPEN;
import static io.conntrack.aggregator.state.ConnectionState.OPENING;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EndpointTableTest {
  private static final long RETENTION_MS = 300;

  private final EndpointTable table =
      new EndpointTable(2, RETENTION_MS, EndpointOptions.HOST_ALONE, false);
  private long flows;

  @AfterEach
  void close() {
    table.close();
  }

  @Test
  void countsConnectionsByEndpointAndState() {
    int endpoint = admit(1);
    add(endpoint, OPENING);
    add(endpoint, OPEN);
    add(endpoint, OPEN);
    add(endpoint, CLOSING);
    add(endpoint, CLOSED);
    remove(endpoint, OPENING);

    assertThat(shown()).isEqualTo(Map.of("0.0.0.1:80", "0 2 1 1"));
  }

  @Test
  void theSameKeyIsTheSameEndpoint() {
    assertThat(admit(1)).isEqualTo(admit(1)).isNotEqualTo(admit(2));
  }

  @Test
  void anEmptyEndpointStaysAtZeroForTheRetention() {
    table.clock(1_000);
    int endpoint = admit(1);
    add(endpoint, OPEN);
    table.clock(2_000);
    remove(endpoint, OPEN);

    expireAt(2_000 + RETENTION_MS - 1);
    assertThat(shown()).isEqualTo(Map.of("0.0.0.1:80", "0 0 0 0"));
    expireAt(2_000 + RETENTION_MS);
    assertThat(shown()).isEmpty();
    assertThat(table.inUse()).isZero();
  }

  @Test
  void anEndpointInUseAgainIsNotLetGo() {
    int endpoint = admit(1);
    add(endpoint, OPEN);
    remove(endpoint, OPEN);
    add(admit(1), CLOSED);

    expireAt(10 * RETENTION_MS);

    assertThat(shown()).isEqualTo(Map.of("0.0.0.1:80", "0 0 0 1"));
  }

  @Test
  void endpointsAreLetGoInTheOrderInWhichTheyBecameEmpty() {
    int first = admit(1);
    int second = admit(2);
    add(first, OPEN);
    add(second, OPEN);
    table.clock(100);
    remove(second, OPEN);
    table.clock(200);
    remove(first, OPEN);

    expireAt(100 + RETENTION_MS);

    assertThat(shown()).containsOnlyKeys("0.0.0.1:80");
  }

  @Test
  void withoutRoomAFlowIsCountedAtOther() {
    add(admit(1), OPEN);
    add(admit(2), OPEN);
    assertThat(admit(3)).isEqualTo(EndpointTable.OVERFLOW);
    add(EndpointTable.OVERFLOW, CLOSING);

    assertThat(shown())
        .isEqualTo(Map.of("0.0.0.1:80", "0 1 0 0", "0.0.0.2:80", "0 1 0 0", "other", "0 0 1 0"));
    assertThat(table.inUse()).isEqualTo(2);
  }

  @Test
  void otherDisappearsAfterTheRetentionToo() {
    add(admit(1), OPEN);
    add(admit(2), OPEN);
    add(admit(3), OPEN);
    table.clock(1_000);
    remove(EndpointTable.OVERFLOW, OPEN);

    expireAt(1_000 + RETENTION_MS - 1);
    assertThat(shown()).containsEntry("other", "0 0 0 0");
    expireAt(1_000 + RETENTION_MS);
    assertThat(shown()).doesNotContainKey("other");
  }

  @Test
  void anEmptyEndpointKeepsItsRoomForTheRetention() {
    add(admit(1), OPEN);
    add(admit(2), OPEN);
    remove(admit(1), OPEN);

    assertThat(admit(3)).isEqualTo(EndpointTable.OVERFLOW);
    assertThat(shown()).containsOnlyKeys("0.0.0.1:80", "0.0.0.2:80");
  }

  @Test
  void onceOneWasRefusedNoNewOneIsShownBeforeAWholeEpochHasAskedAllFlowsAgain() {
    fillWithClients();
    table.openEpoch();
    add(client(2), OPEN);
    remove(EndpointTable.OVERFLOW, OPEN);
    add(admit(3), OPEN);

    endEpoch();
    assertThat(shown()).as("one was refused in this epoch").doesNotContainKey("0.0.0.3:80");
    table.openEpoch();
    add(admit(3), CLOSED);
    endEpoch();
    assertThat(shown()).containsEntry("0.0.0.3:80", "0 1 0 1");
  }

  @Test
  void clientsHaveHalfOfTheRoomAndServersAllThatIsLeft() {
    try (EndpointTable five =
        new EndpointTable(5, RETENTION_MS, EndpointOptions.HOST_ALONE, false)) {
      for (int client = 1; client <= 4; client++) {
        five.add(five.admit(key(client), true), OPEN);
      }
      assertThat(five.inUse()).isEqualTo(3);
      five.add(five.admit(key(11), false), OPEN);
      five.add(five.admit(key(12), false), OPEN);
      assertThat(five.inUse()).isEqualTo(5);
      assertThat(five.admit(key(13), false)).isEqualTo(EndpointTable.OVERFLOW);
    }
  }

  @Test
  void whoIsAdmittedWhileOtherHoldsFlowsIsShownThereUntilAllFlowsHaveBeenAskedAgain() {
    fillWithClients();
    table.openEpoch();
    add(admit(3), CLOSING);

    assertThat(shown()).isEqualTo(Map.of("0.0.0.1:80", "0 1 0 0", "other", "0 1 1 0"));
    remove(EndpointTable.OVERFLOW, OPEN);
    endEpoch();
    assertThat(shown())
        .isEqualTo(Map.of("0.0.0.1:80", "0 1 0 0", "0.0.0.3:80", "0 0 1 0", "other", "0 0 0 0"));
  }

  @Test
  void whoCameAndWentWhileOtherHeldFlowsIsNotShown() {
    fillWithClients();
    table.openEpoch();
    add(admit(3), CLOSING);
    remove(admit(3), CLOSING);
    endEpoch();

    assertThat(shown()).isEqualTo(Map.of("0.0.0.1:80", "0 1 0 0", "other", "0 1 0 0"));
    assertThat(table.inUse()).isEqualTo(1);
  }

  @Test
  void otherStaysForTheRetentionAfterTheLastHiddenEndpointHasLeftIt() {
    fillWithClients();
    table.openEpoch();
    add(admit(3), OPEN);
    remove(EndpointTable.OVERFLOW, OPEN);

    expireAt(50_000);
    assertThat(shown()).as("hidden").containsEntry("other", "0 1 0 0");
    endEpoch();
    expireAt(50_000 + RETENTION_MS - 1);
    assertThat(shown()).containsEntry("other", "0 0 0 0");
    expireAt(50_000 + RETENTION_MS);
    assertThat(shown()).doesNotContainKey("other");
  }

  @Test
  void anotherEndpointInTheSameRecordHasALabelOfItsOwn() {
    add(admit(1), OPEN);
    assertThat(shown()).containsOnlyKeys("0.0.0.1:80");
    remove(admit(1), OPEN);
    expireAt(RETENTION_MS);

    add(admit(5), OPEN);

    assertThat(shown()).containsOnlyKeys("0.0.0.5:80");
  }

  private int admit(int address) {
    return table.admit(key(0xffff_00000000L | address), false);
  }

  private int client(int address) {
    return table.admit(key(0xffff_00000000L | address), true);
  }

  /** Of two clients one has room, and the other none, since clients may have half of it. */
  private void fillWithClients() {
    add(client(1), OPEN);
    add(client(2), OPEN);
  }

  private void endEpoch() {
    table.endEpoch();
    table.revealHidden();
  }

  private static EndpointKey key(long addressLow) {
    return new EndpointKey().set(0, addressLow, EndpointKey.ofPort(80));
  }

  private void add(int endpoint, ConnectionState state) {
    table.add(endpoint, state);
    flows++;
  }

  private void remove(int endpoint, ConnectionState state) {
    table.remove(endpoint, state);
    flows--;
  }

  private void expireAt(long nowMs) {
    table.clock(nowMs);
    table.expire();
  }

  private Map<String, String> shown() {
    return Snapshots.byLabels(
        table.snapshot(new Snapshot.Totals(flows, 0, 0, 0, table.inUse(), Census.NONE)));
  }
}
