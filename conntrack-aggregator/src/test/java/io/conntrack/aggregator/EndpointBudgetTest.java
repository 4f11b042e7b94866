package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.Outcome;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who comes in and who leaves, seen in what an {@link EndpointTable} shows. */
class EndpointBudgetTest {
  private static final long RETENTION_MS = 200_000;
  private static final long MINUTE_MS = 60_000;
  private static final String GROUP = BudgetWorld.GROUP;

  private BudgetWorld world;

  @AfterEach
  void close() {
    world.close();
  }

  private void budget(int maxEndpoints) {
    world = new BudgetWorld(maxEndpoints, RETENTION_MS);
  }

  @Test
  void afterARefusalNobodyComesInOutsideOfARoundThoughThereIsRoom() {
    budget(2);
    world.open("a", 1);
    world.open("b", 1);
    world.open("c", 1);
    world.end("a", 1);
    world.pass(RETENTION_MS);
    world.expire();

    world.open("d", 1);

    assertThat(world.shown()).isEqualTo(Map.of("b", 1, "other", 2));
  }

  @Test
  void allComeInAtOnceAgainAfterAWhileInWhichTheyWouldHaveHadRoom() {
    budget(10);
    for (char host = 'a'; host <= 'k'; host++) {
      world.open(String.valueOf(host), 1);
    }
    for (char host = 'a'; host <= 'g'; host++) {
      world.end(String.valueOf(host), 1);
    }
    world.end("k", 1);
    for (int i = 0; i < 5; i++) {
      world.pass(RETENTION_MS / 4);
      world.epoch();
    }
    assertThat(world.shown()).isEqualTo(Map.of("h", 1, "i", 1, "j", 1));
    world.pass(RETENTION_MS);
    world.epoch();

    world.open("l", 1);
    world.open("m", 1);
    assertThat(world.shown()).isEqualTo(Map.of("h", 1, "i", 1, "j", 1, "l", 1, "m", 1));
  }

  @Test
  void theHeaviestCandidateComesInWhenThereIsRoomWithAllItsConnectionsAtOnce() {
    budget(2);
    world.open("a", 1);
    world.open("b", 1);
    world.open("c", 1);
    world.open("d", 2);
    world.epochs(2);
    world.end("a", 1);
    world.pass(RETENTION_MS);
    world.expire();

    world.openEpoch();
    world.open("d", 1);
    assertThat(world.shown()).as("in the epoch").isEqualTo(Map.of("b", 1, "other", 4));
    world.askAll();
    world.endEpoch(true);

    assertThat(world.shown()).isEqualTo(Map.of("b", 1, "d", 3, "other", 1));
    assertThat(world.table.takeMovedIn()).isEqualTo(1);
    assertThat(world.table.takeMovedIn()).isZero();
  }

  @Test
  void whoCameInIsNotShownBeforeACleanEndHoweverManyEpochsAreAbandoned() {
    budget(2);
    world.open("a", 1);
    world.open("b", 1);
    world.open("c", 2);
    world.epochs(2);
    world.end("a", 1);
    world.pass(RETENTION_MS);
    world.expire();

    for (int i = 0; i < 3; i++) {
      world.openEpoch();
      world.askLast();
      world.endEpoch(false);
      assertThat(world.shown()).isEqualTo(Map.of("b", 1, "other", 2));
      world.pass(2 * MINUTE_MS);
    }
    world.epoch();
    assertThat(world.shown()).isEqualTo(Map.of("b", 1, "c", 2, "other", 0));
  }

  @Test
  void aCandidateThatHasGoneIsNotShown() {
    budget(2);
    world.open("a", 1);
    world.open("b", 1);
    world.open("c", 2);
    world.epochs(2);
    world.end("a", 1);
    world.end("c", 2);
    world.pass(RETENTION_MS);
    world.expire();
    assertThat(world.shown()).isEqualTo(Map.of("b", 1));

    world.epoch();

    assertThat(world.shown()).isEqualTo(Map.of("b", 1, "other", 0));
    assertThat(world.table.inUse()).isEqualTo(1);
    assertThat(world.table.takeMovedIn()).isZero();
  }

  @Test
  void aCandidateThatHasGoneAndComesAgainIsCountedWhereItWas() {
    budget(2);
    world.open("a", 1);
    world.open("b", 1);
    world.open("c", 2);
    world.epochs(2);
    world.end("a", 1);
    world.end("c", 2);
    world.pass(RETENTION_MS);
    world.expire();

    world.openEpoch();
    world.open("c", 3);

    assertThat(world.shown()).isEqualTo(Map.of("b", 1, "other", 3));
  }

  @Test
  void fewerThanOneInAHundredComeInAMinute() {
    budget(400);
    for (int i = 0; i < 400; i++) {
      world.open("in" + i, 1);
    }
    for (int i = 0; i < 450; i++) {
      world.open("out" + i, 1);
    }
    world.epochs(2);
    for (int i = 0; i < 400; i++) {
      world.end("in" + i, 1);
    }
    world.pass(RETENTION_MS);
    world.expire();

    world.epoch();
    assertThat(world.table.takeMovedIn()).isEqualTo(3);
    world.pass(MINUTE_MS - 1);
    world.epoch();
    assertThat(world.table.takeMovedIn()).as("within the minute").isZero();
    world.pass(1);
    world.epoch();
    assertThat(world.table.takeMovedIn()).isEqualTo(3);
    assertThat(world.shown()).hasSize(7);
  }

  @Test
  void theLightestLeavesForOneThatIsFarHeavier() {
    budget(3);
    world.open("a", 3);
    world.open("b", 2);
    world.open("c", 4);
    world.open("d", 8);
    world.epochs(40);

    assertThat(world.shown()).isEqualTo(Map.of("a", 3, "c", 4, "d", 8, "other", 2));
    assertThat(world.table.takeMovedOut()).isEqualTo(1);
    assertThat(world.table.takeMovedOut()).isZero();
  }

  @Test
  void nobodyLeavesForOneThatIsNotFarHeavier() {
    budget(3);
    world.open("a", 3);
    world.open("b", 2);
    world.open("c", 4);
    world.open("d", 5);
    world.epochs(100);

    assertThat(world.shown()).isEqualTo(Map.of("a", 3, "b", 2, "c", 4, "other", 5));
    assertThat(world.table.takeMovedOut()).isZero();
  }

  @Test
  void whoLeftShowsWhatWasCountedAndNoConnectionsUntilItsRetentionEnds() {
    budget(1);
    world.open("a", 2);
    world.countFirst(Outcome.OPENED);
    world.open("b", 50);
    world.epochs(3);
    world.pass(MINUTE_MS);

    world.openEpoch();
    assertThat(world.shown()).as("at once").isEqualTo(Map.of("a", 0, "other", 52));
    world.countFirst(Outcome.ENDED_CLOSED);
    assertThat(world.outcomes(Outcome.OPENED)).isEqualTo(Map.of("a", 1L, "other", 0L));
    assertThat(world.outcomes(Outcome.ENDED_CLOSED))
        .as("counted in other")
        .isEqualTo(Map.of("a", 0L, "other", 1L));
    world.askAll();
    world.open("a", 1);
    world.endEpoch(true);
    assertThat(world.shown()).isEqualTo(Map.of("a", 0, "other", 53));
    world.pass(RETENTION_MS - 1);
    world.epoch();
    assertThat(world.shown()).isEqualTo(Map.of("a", 0, "other", 53));
    assertThat(world.outcomes(Outcome.OPENED)).isEqualTo(Map.of("a", 1L, "other", 0L));

    world.pass(1);
    world.epoch();
    assertThat(world.shown()).as("room is there").isEqualTo(Map.of("other", 53));
    world.epoch();
    assertThat(world.shown()).isEqualTo(Map.of("b", 50, "other", 3));
    assertThat(world.table.takeMovedIn()).isEqualTo(1);
  }

  @Test
  void whoLeavesHasLeftForGoodThoughTheEpochIsAbandoned() {
    budget(1);
    world.open("a", 2);
    world.open("b", 50);
    world.epochs(3);
    world.pass(MINUTE_MS);
    world.openEpoch();
    world.endEpoch(false);

    assertThat(world.shown()).isEqualTo(Map.of("a", 0, "other", 52));
    world.open("a", 1);
    world.end("a", 1);
    assertThat(world.shown()).isEqualTo(Map.of("a", 0, "other", 52));
    world.epoch();
    assertThat(world.shown()).isEqualTo(Map.of("a", 0, "other", 52));
    world.end("a", 2);
    world.end("b", 50);
    world.expire();
    assertThat(world.shown()).isEqualTo(Map.of("a", 0, "other", 0));
  }

  @Test
  void noMoreLeaveThanThereIsNeedFor() {
    budget(4);
    world.open("a", 1);
    world.open("b", 1);
    world.open("c", 1);
    world.open("d", 1);
    world.end("d", 1);
    world.open("x", 20);
    for (int i = 0; i < 3; i++) {
      world.pass(MINUTE_MS);
      world.epoch();
    }
    assertThat(world.table.takeMovedOut())
        .as("the room of one that is empty will be free")
        .isZero();

    world.open("y", 20);
    world.pass(MINUTE_MS);
    world.epoch();
    world.pass(MINUTE_MS / 2);
    world.epoch();
    assertThat(world.table.takeMovedOut()).as("for the second").isEqualTo(1);
  }

  @Test
  void aGroupNeverLeaves() {
    budget(2);
    world.open(GROUP, 1);
    world.open("a", 2);
    world.open("b", 50);
    world.epochs(40);

    assertThat(world.shown()).isEqualTo(Map.of(GROUP, 1, "b", 50, "other", 2));
  }

  @Test
  void aGroupThatComesInHasItsName() {
    budget(1);
    world.open("a", 1);
    world.open(GROUP, 50);
    world.epochs(40);

    assertThat(world.shown()).isEqualTo(Map.of(GROUP, 50, "other", 1));
  }

  @Test
  void forAClientOnlyAClientLeavesWhereClientsHaveTheirHalf() {
    budget(4);
    world.open("a", 1);
    world.open("b", 2);
    world.open("client1", 5);
    world.open("client2", 6);
    world.open("client3", 50);
    world.epochs(40);

    assertThat(world.shown())
        .isEqualTo(Map.of("a", 1, "b", 2, "client2", 6, "client3", 50, "other", 5));
  }

  @Test
  void forAServerTheLightestOfAllLeaves() {
    budget(4);
    world.open("a", 3);
    world.open("b", 2);
    world.open("client1", 1);
    world.open("client2", 4);
    world.open("c", 50);
    world.epochs(40);

    assertThat(world.shown()).isEqualTo(Map.of("a", 3, "b", 2, "client2", 4, "c", 50, "other", 1));
  }

  @Test
  void forAClientThatHasNoHalfYetTheLightestOfAllLeaves() {
    budget(4);
    world.open("a", 3);
    world.open("b", 1);
    world.open("c", 2);
    world.open("client1", 2);
    world.open("client2", 50);
    world.epochs(40);

    assertThat(world.shown())
        .isEqualTo(Map.of("a", 3, "c", 2, "client1", 2, "client2", 50, "other", 1));
  }

  @Test
  void whoIsHeavyForAMomentMakesNobodyLeave() {
    budget(1);
    world.open("a", 5);
    world.open("b", 20);
    world.pass(15_000);
    world.epoch();
    world.pass(15_000);
    world.epoch();
    world.end("b", 19);
    world.epochs(40);

    assertThat(world.shown()).isEqualTo(Map.of("a", 5, "other", 1));
    assertThat(world.table.takeMovedOut()).isZero();
  }
}
