package io.conntrack.aggregator;

import static io.conntrack.aggregator.ConnectionState.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who comes in and who leaves, seen in what an {@link EndpointTable} shows. */
class EndpointBudgetTest {
  private static final long RETENTION_MS = 200_000;
  private static final long MINUTE_MS = 60_000;
  private static final String GROUP = "group";

  /** A connection, and where it is counted. */
  private static final class Connection {
    final String host;
    int endpoint;

    Connection(String host, int endpoint) {
      this.host = host;
      this.endpoint = endpoint;
    }
  }

  private final List<Connection> connections = new ArrayList<>();
  private EndpointTable table;
  private long nowMs;

  @AfterEach
  void close() {
    table.close();
  }

  private void budget(int maxEndpoints) {
    table = new EndpointTable(maxEndpoints, RETENTION_MS, EndpointOptions.HOST_ALONE);
  }

  @Test
  void afterARefusalNobodyComesInOutsideOfARoundThoughThereIsRoom() {
    budget(2);
    open("a", 1);
    open("b", 1);
    open("c", 1);
    end("a", 1);
    pass(RETENTION_MS);
    expire();

    open("d", 1);

    assertThat(shown()).isEqualTo(Map.of("b", 1, "other", 2));
  }

  @Test
  void allComeInAtOnceAgainAfterAWhileInWhichTheyWouldHaveHadRoom() {
    budget(10);
    for (char host = 'a'; host <= 'k'; host++) {
      open(String.valueOf(host), 1);
    }
    for (char host = 'a'; host <= 'g'; host++) {
      end(String.valueOf(host), 1);
    }
    end("k", 1);
    for (int i = 0; i < 5; i++) {
      pass(RETENTION_MS / 4);
      epoch();
    }
    assertThat(shown()).isEqualTo(Map.of("h", 1, "i", 1, "j", 1));
    pass(RETENTION_MS);
    epoch();

    open("l", 1);
    open("m", 1);
    assertThat(shown()).isEqualTo(Map.of("h", 1, "i", 1, "j", 1, "l", 1, "m", 1));
  }

  @Test
  void theHeaviestCandidateComesInWhenThereIsRoomWithAllItsConnectionsAtOnce() {
    budget(2);
    open("a", 1);
    open("b", 1);
    open("c", 1);
    open("d", 2);
    epochs(2);
    end("a", 1);
    pass(RETENTION_MS);
    expire();

    openEpoch();
    open("d", 1);
    assertThat(shown()).as("in the epoch").isEqualTo(Map.of("b", 1, "other", 4));
    askAll();
    endEpoch(true);

    assertThat(shown()).isEqualTo(Map.of("b", 1, "d", 3, "other", 1));
    assertThat(table.takeMovedIn()).isEqualTo(1);
    assertThat(table.takeMovedIn()).isZero();
  }

  @Test
  void whoCameInIsNotShownBeforeACleanEndHoweverManyEpochsAreAbandoned() {
    budget(2);
    open("a", 1);
    open("b", 1);
    open("c", 2);
    epochs(2);
    end("a", 1);
    pass(RETENTION_MS);
    expire();

    for (int i = 0; i < 3; i++) {
      openEpoch();
      move(connections.getLast());
      endEpoch(false);
      assertThat(shown()).isEqualTo(Map.of("b", 1, "other", 2));
      pass(2 * MINUTE_MS);
    }
    epoch();
    assertThat(shown()).isEqualTo(Map.of("b", 1, "c", 2, "other", 0));
  }

  @Test
  void aCandidateThatHasGoneIsNotShown() {
    budget(2);
    open("a", 1);
    open("b", 1);
    open("c", 2);
    epochs(2);
    end("a", 1);
    end("c", 2);
    pass(RETENTION_MS);
    expire();
    assertThat(shown()).isEqualTo(Map.of("b", 1));

    epoch();

    assertThat(shown()).isEqualTo(Map.of("b", 1, "other", 0));
    assertThat(table.inUse()).isEqualTo(1);
    assertThat(table.takeMovedIn()).isZero();
  }

  @Test
  void aCandidateThatHasGoneAndComesAgainIsCountedWhereItWas() {
    budget(2);
    open("a", 1);
    open("b", 1);
    open("c", 2);
    epochs(2);
    end("a", 1);
    end("c", 2);
    pass(RETENTION_MS);
    expire();

    openEpoch();
    open("c", 3);

    assertThat(shown()).isEqualTo(Map.of("b", 1, "other", 3));
  }

  @Test
  void fewerThanOneInAHundredComeInAMinute() {
    budget(400);
    for (int i = 0; i < 400; i++) {
      open("in" + i, 1);
    }
    for (int i = 0; i < 450; i++) {
      open("out" + i, 1);
    }
    epochs(2);
    for (int i = 0; i < 400; i++) {
      end("in" + i, 1);
    }
    pass(RETENTION_MS);
    expire();

    epoch();
    assertThat(table.takeMovedIn()).isEqualTo(3);
    pass(MINUTE_MS - 1);
    epoch();
    assertThat(table.takeMovedIn()).as("within the minute").isZero();
    pass(1);
    epoch();
    assertThat(table.takeMovedIn()).isEqualTo(3);
    assertThat(shown()).hasSize(7);
  }

  @Test
  void theLightestLeavesForOneThatIsFarHeavier() {
    budget(3);
    open("a", 3);
    open("b", 2);
    open("c", 4);
    open("d", 8);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of("a", 3, "c", 4, "d", 8, "other", 2));
    assertThat(table.takeMovedOut()).isEqualTo(1);
    assertThat(table.takeMovedOut()).isZero();
  }

  @Test
  void nobodyLeavesForOneThatIsNotFarHeavier() {
    budget(3);
    open("a", 3);
    open("b", 2);
    open("c", 4);
    open("d", 5);
    epochs(100);

    assertThat(shown()).isEqualTo(Map.of("a", 3, "b", 2, "c", 4, "other", 5));
    assertThat(table.takeMovedOut()).isZero();
  }

  @Test
  void whoLeftShowsWhatWasCountedAndNoConnectionsUntilItsRetentionEnds() {
    budget(1);
    open("a", 2);
    table.count(connections.getFirst().endpoint, Outcome.OPENED);
    open("b", 50);
    epochs(3);
    pass(MINUTE_MS);

    openEpoch();
    assertThat(shown()).as("at once").isEqualTo(Map.of("a", 0, "other", 52));
    table.count(connections.getFirst().endpoint, Outcome.ENDED_CLOSED);
    assertThat(opened()).isEqualTo(Map.of("a", 1L, "other", 0L));
    assertThat(ended()).as("counted in other").isEqualTo(Map.of("a", 0L, "other", 1L));
    askAll();
    open("a", 1);
    endEpoch(true);
    assertThat(shown()).isEqualTo(Map.of("a", 0, "other", 53));
    pass(RETENTION_MS - 1);
    epoch();
    assertThat(shown()).isEqualTo(Map.of("a", 0, "other", 53));
    assertThat(opened()).isEqualTo(Map.of("a", 1L, "other", 0L));

    pass(1);
    epoch();
    assertThat(shown()).as("room is there").isEqualTo(Map.of("other", 53));
    epoch();
    assertThat(shown()).isEqualTo(Map.of("b", 50, "other", 3));
    assertThat(table.takeMovedIn()).isEqualTo(1);
  }

  @Test
  void whoLeavesHasLeftForGoodThoughTheEpochIsAbandoned() {
    budget(1);
    open("a", 2);
    open("b", 50);
    epochs(3);
    pass(MINUTE_MS);
    openEpoch();
    endEpoch(false);

    assertThat(shown()).isEqualTo(Map.of("a", 0, "other", 52));
    open("a", 1);
    end("a", 1);
    assertThat(shown()).isEqualTo(Map.of("a", 0, "other", 52));
    epoch();
    assertThat(shown()).isEqualTo(Map.of("a", 0, "other", 52));
    end("a", 2);
    end("b", 50);
    expire();
    assertThat(shown()).isEqualTo(Map.of("a", 0, "other", 0));
  }

  @Test
  void noMoreLeaveThanThereIsNeedFor() {
    budget(4);
    open("a", 1);
    open("b", 1);
    open("c", 1);
    open("d", 1);
    end("d", 1);
    open("x", 20);
    for (int i = 0; i < 3; i++) {
      pass(MINUTE_MS);
      epoch();
    }
    assertThat(table.takeMovedOut()).as("the room of one that is empty will be free").isZero();

    open("y", 20);
    pass(MINUTE_MS);
    epoch();
    pass(MINUTE_MS / 2);
    epoch();
    assertThat(table.takeMovedOut()).as("for the second").isEqualTo(1);
  }

  @Test
  void aGroupNeverLeaves() {
    budget(2);
    open(GROUP, 1);
    open("a", 2);
    open("b", 50);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of(GROUP, 1, "b", 50, "other", 2));
  }

  @Test
  void aGroupThatComesInHasItsName() {
    budget(1);
    open("a", 1);
    open(GROUP, 50);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of(GROUP, 50, "other", 1));
  }

  @Test
  void forAClientOnlyAClientLeavesWhereClientsHaveTheirHalf() {
    budget(4);
    open("a", 1);
    open("b", 2);
    open("client1", 5);
    open("client2", 6);
    open("client3", 50);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of("a", 1, "b", 2, "client2", 6, "client3", 50, "other", 5));
  }

  @Test
  void forAServerTheLightestOfAllLeaves() {
    budget(4);
    open("a", 3);
    open("b", 2);
    open("client1", 1);
    open("client2", 4);
    open("c", 50);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of("a", 3, "b", 2, "client2", 4, "c", 50, "other", 1));
  }

  @Test
  void forAClientThatHasNoHalfYetTheLightestOfAllLeaves() {
    budget(4);
    open("a", 3);
    open("b", 1);
    open("c", 2);
    open("client1", 2);
    open("client2", 50);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of("a", 3, "c", 2, "client1", 2, "client2", 50, "other", 1));
  }

  @Test
  void whoIsHeavyForAMomentMakesNobodyLeave() {
    budget(1);
    open("a", 5);
    open("b", 20);
    pass(15_000);
    epoch();
    pass(15_000);
    epoch();
    end("b", 19);
    epochs(40);

    assertThat(shown()).isEqualTo(Map.of("a", 5, "other", 1));
    assertThat(table.takeMovedOut()).isZero();
  }

  /** Names are those of servers, of {@code client...}, and of the group. */
  private void open(String host, int count) {
    for (int i = 0; i < count; i++) {
      Connection connection = new Connection(host, admit(host));
      table.add(connection.endpoint, OPEN);
      connections.add(connection);
    }
  }

  private int admit(String host) {
    if (host.equals(GROUP)) {
      EndpointKey key = new EndpointKey().set(7, 7, EndpointKey.ofPort(EndpointLabel.GROUP));
      return table.admit(key, GROUP);
    }
    boolean client = host.startsWith("client");
    long low = 0xffff_00000000L | Integer.toUnsignedLong(nameToAddress(host));
    int port = client ? EndpointLabel.NO_PORT : 80;
    return table.admit(new EndpointKey().set(0, low, EndpointKey.ofPort(port)), client);
  }

  private final Map<String, String> names = new TreeMap<>();

  private int nameToAddress(String host) {
    int address = 1 + names.size();
    for (Map.Entry<String, String> each : names.entrySet()) {
      if (each.getValue().equals(host)) {
        address = (int) Flows.low(each.getKey());
      }
    }
    names.put("0.0." + address / 256 + "." + address % 256, host);
    return address;
  }

  private void end(String host, int count) {
    for (int i = 0; i < count; i++) {
      Connection last =
          connections.stream().filter(each -> each.host.equals(host)).findFirst().orElseThrow();
      table.remove(last.endpoint, OPEN);
      connections.remove(last);
    }
  }

  private void pass(long ms) {
    nowMs += ms;
    table.clock(nowMs);
  }

  private void expire() {
    table.expire();
  }

  private void epochs(int count) {
    for (int i = 0; i < count; i++) {
      pass(30_000);
      epoch();
    }
  }

  private void epoch() {
    openEpoch();
    askAll();
    endEpoch(true);
  }

  private void openEpoch() {
    table.openEpoch();
  }

  private void askAll() {
    connections.forEach(this::move);
  }

  private void move(Connection connection) {
    int before = connection.endpoint;
    connection.endpoint = admit(connection.host);
    table.add(connection.endpoint, OPEN);
    table.remove(before, OPEN);
  }

  private void endEpoch(boolean clean) {
    table.endEpoch();
    if (clean) {
      table.revealHidden();
    }
  }

  private Map<String, Integer> shown() {
    Snapshot snapshot = snapshot();
    Map<String, Integer> open = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      open.put(name(snapshot.labels(i)), snapshot.connections(i, OPEN));
    }
    return open;
  }

  private Map<String, Long> opened() {
    return outcomes(Outcome.OPENED);
  }

  private Map<String, Long> ended() {
    return outcomes(Outcome.ENDED_CLOSED);
  }

  private Map<String, Long> outcomes(Outcome outcome) {
    Snapshot snapshot = snapshot();
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      counts.put(name(snapshot.labels(i)), snapshot.outcomes(i, outcome));
    }
    return counts;
  }

  private Snapshot snapshot() {
    return table.snapshot(new Snapshot.Totals(connections.size(), 0, 0, 0, table.inUse()));
  }

  private String name(String label) {
    return names.getOrDefault(label.replace(":80", ""), label);
  }
}
