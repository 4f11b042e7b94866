package io.conntrack.aggregator.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.conntrack.aggregator.endpoint.EndpointRecord;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.KeyedHash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class CandidatesTest {
  private static final Offset<Float> SMALL = within(1e-4f);

  private final Random random = new Random(3);
  private final KeyedHash hash = new KeyedHash(random.longs(12).toArray());
  private final Candidates candidates = new Candidates(1_000);

  @Test
  void aScoreIsTheMeanOfTheConnectionsThatWereRefusedInEpochs() {
    candidates.openEpoch(0.5f);
    refuse(1, 8);
    assertThat(onlyScore()).isCloseTo(4, SMALL);
    candidates.openEpoch(0.25f);
    refuse(1, 4);
    assertThat(onlyScore()).isCloseTo(4 * 0.75f + 4 * 0.25f, SMALL);
  }

  @Test
  void theHeaviestComesFirstWithItsWholeKeyAndItsKind() {
    candidates.openEpoch(0.5f);
    refuse(1, 3);
    refuse(2, 5);
    candidates.refused(wholeKey(), 77, EndpointRecord.CLIENTS);

    int[] order = candidates.heaviestFirst();

    assertThat(order).hasSize(3);
    assertThat(addressOf(order[0])).isEqualTo(2);
    assertThat(candidates.kind(order[0])).isEqualTo(EndpointRecord.SERVERS);
    assertThat(addressOf(order[1])).isEqualTo(1);
    EndpointKey last = new EndpointKey();
    candidates.key(order[2], last);
    assertThat(last).usingRecursiveComparison().isEqualTo(wholeKey());
    assertThat(candidates.kind(order[2])).isEqualTo(EndpointRecord.CLIENTS);
  }

  @Test
  void whoWasNotRefusedInTheLastEpochIsNoCandidateForNow() {
    candidates.openEpoch(0.5f);
    refuse(1, 8);
    candidates.openEpoch(0.5f);
    assertThat(candidates.heaviestFirst()).isEmpty();

    candidates.openEpoch(0.5f);
    refuse(1, 8);
    assertThat(onlyScore()).as("what was before counts").isCloseTo(4 + 1, SMALL);
  }

  @Test
  void whoCameInIsNoCandidateAnyMore() {
    candidates.openEpoch(0.5f);
    refuse(1, 8);
    candidates.remove(candidates.heaviestFirst()[0]);
    assertThat(candidates.heaviestFirst()).isEmpty();
  }

  @Test
  void inACrowdTheHeavyOnesAreFoundAndNoScoreIsTooHigh() {
    int crowd = 2_000; // for 512 places: four connections more or less are not counted
    int heavy = 20;
    int connections = 40;
    List<Integer> refused = new ArrayList<>();
    for (int i = 0; i < heavy * connections; i++) {
      refused.add(i % heavy);
    }
    for (int i = 0; i < crowd; i++) {
      refused.add(heavy + i);
    }
    for (int epoch = 0; epoch < 50; epoch++) {
      Collections.shuffle(refused, random);
      candidates.openEpoch(0.2f);
      refused.forEach(address -> refuse(address, 1));
    }

    int[] order = candidates.heaviestFirst();

    for (int i = 0; i < heavy; i++) {
      assertThat(addressOf(order[i])).isLessThan(heavy);
      assertThat(candidates.score(order[i])).isBetween(connections / 2f, (float) connections);
    }
    assertThat(candidates.score(order[heavy])).isLessThanOrEqualTo(1);
  }

  private void refuse(int address, int times) {
    EndpointKey key = key(address);
    for (int i = 0; i < times; i++) {
      candidates.refused(key, hash.ofEndpoint(key), EndpointRecord.SERVERS);
    }
  }

  private static EndpointKey key(int address) {
    return new EndpointKey().set(0, address, EndpointKey.ofPort(80));
  }

  private static EndpointKey wholeKey() {
    EndpointKey key = new EndpointKey().set(1, 2, EndpointKey.ofPort(3));
    key.setService(4, 5, 6);
    return key;
  }

  private long addressOf(int candidate) {
    EndpointKey key = new EndpointKey();
    candidates.key(candidate, key);
    return key.addressLow;
  }

  private float onlyScore() {
    int[] order = candidates.heaviestFirst();
    assertThat(order).hasSize(1);
    return candidates.score(order[0]);
  }
}
