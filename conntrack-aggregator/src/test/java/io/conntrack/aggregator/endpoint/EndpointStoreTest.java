package io.conntrack.aggregator.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.state.Direction;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EndpointStoreTest {
  private static final EndpointOptions WITH_SERVICES =
      new EndpointOptions(false, false, false, false, NatView.BOTH, false, false, false);

  @Test
  void aRecordIsACacheLine() {
    assertThat(EndpointRecord.BYTES).isEqualTo(64);
  }

  @Test
  void anEndpointIsFoundByItsExactKey() {
    try (EndpointStore store = new EndpointStore(EndpointOptions.HOST_ALONE)) {
      int endpoint = store.create(key(1, 2, 3));

      assertThat(store.find(key(1, 2, 3))).isEqualTo(endpoint);
      assertThat(store.find(key(1, 2, 4))).isEqualTo(EndpointStore.NONE);
      assertThat(store.find(key(1, 3, 3))).isEqualTo(EndpointStore.NONE);
      assertThat(store.find(key(2, 2, 3))).isEqualTo(EndpointStore.NONE);
      assertThat(store.find(key(1, 2, EndpointLabel.NO_PORT))).isEqualTo(EndpointStore.NONE);
      for (long more :
          new long[] {
            EndpointKey.ofDirection(Direction.INBOUND),
            EndpointKey.ofProtocol(6),
            EndpointKey.ofZone(1),
            EndpointKey.ofZone(0x8000)
          }) {
        EndpointKey other = key(1, 2, 3);
        other.details |= more;
        assertThat(store.find(other)).isEqualTo(EndpointStore.NONE);
        int made = store.create(other);
        assertThat(store.find(other)).isEqualTo(made);
        assertThat(EndpointRecord.details(store.records(), made)).isEqualTo(other.details);
      }
    }
  }

  @Test
  void theServiceIsAPartOfTheKeyIfAskedForAndSurvivesGrowth() {
    try (EndpointStore store = new EndpointStore(WITH_SERVICES)) {
      for (int i = 0; i < 1_000; i++) {
        EndpointKey key = key(1, 2, 3);
        key.setService(i % 10, i / 100, i / 10 % 10);
        assertThat(store.find(key)).isEqualTo(EndpointStore.NONE);
        assertThat(store.create(key)).isEqualTo(EndpointStore.FIRST + i);
      }
      for (int i = 0; i < 1_000; i++) {
        EndpointKey key = key(1, 2, 3);
        key.setService(i % 10, i / 100, i / 10 % 10);
        assertThat(store.find(key)).isEqualTo(EndpointStore.FIRST + i);
      }
    }
  }

  @Test
  void theRoomOfAReleasedEndpointIsUsedAgain() {
    try (EndpointStore store = new EndpointStore(EndpointOptions.HOST_ALONE)) {
      int first = store.create(key(0, 1, 1));
      store.create(key(0, 2, 1));
      store.release(first);

      assertThat(store.find(key(0, 1, 1))).isEqualTo(EndpointStore.NONE);
      assertThat(store.create(key(0, 3, 1))).isEqualTo(first);
      assertThat(store.end()).isEqualTo(EndpointStore.FIRST + 2);
      assertThat(store.size()).isEqualTo(2);
    }
  }

  @Test
  void agreesWithAHashMapWhileItGrowsAndReleases() {
    record Key(long high, long low, int port) {}
    Random random = new Random(5);
    Map<Key, Integer> model = new HashMap<>();
    try (EndpointStore store = new EndpointStore(EndpointOptions.HOST_ALONE)) {
      for (int step = 0; step < 300_000; step++) {
        Key key = new Key(random.nextInt(2), random.nextInt(5_000), random.nextInt(3) - 1);
        int found = store.find(key(key.high, key.low, key.port));
        assertThat(found).isEqualTo(model.getOrDefault(key, EndpointStore.NONE));
        if (found == EndpointStore.NONE) {
          model.put(key, store.create(key(key.high, key.low, key.port)));
        } else if (random.nextInt(step / 100_000 + 1) != 0) {
          store.release(model.remove(key));
        }
        assertThat(store.size()).isEqualTo(model.size());
      }
      assertThat(model.values()).doesNotHaveDuplicates().doesNotContain(EndpointStore.NONE);
    }
  }

  private static EndpointKey key(long high, long low, int port) {
    return new EndpointKey().set(high, low, EndpointKey.ofPort(port));
  }
}
