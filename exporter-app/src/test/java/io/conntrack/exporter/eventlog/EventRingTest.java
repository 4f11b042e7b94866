package io.conntrack.exporter.eventlog;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.exporter.terms.NamespacePattern;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EventRingTest {
  private static final int LONGEST = 2048;
  private static final int NAME_LENGTHS = 65;
  private static final long SEED = 7;

  private final EventRing ring = new EventRing(1 << 14);
  private final SplittableRandom random = new SplittableRandom(SEED);

  @AfterEach
  void close() {
    ring.close();
  }

  @Test
  void entriesOfAnyLengthComeOutInTheirOrderWhereverTheRingBegins() {
    Deque<Integer> lengths = new ArrayDeque<>();
    for (int i = 0; i < 100_000; i++) {
      int length = random.nextInt(1, LONGEST + 1);
      if (random.nextBoolean() && put(i, length)) {
        lengths.add(length);
      } else if (!lengths.isEmpty()) {
        assertThat(takeLength()).isEqualTo(lengths.remove());
      }
    }
    while (!lengths.isEmpty()) {
      assertThat(takeLength()).isEqualTo(lengths.remove());
    }
    assertThat(ring.peek()).isEqualTo(EventRing.NONE);
  }

  @Test
  void aFullRingTakesNothingUntilEntriesAreReleased() {
    int count = 0;
    while (put(count, LONGEST)) {
      count++;
    }
    assertThat(count).isBetween(6, 7);
    assertThat(ring.claim()).isEqualTo(EventRing.NONE);

    takeLength();
    takeLength(); // an entry takes no more room than the largest one, which is claimed
    assertThat(put(count, LONGEST)).isTrue();
    assertThat(put(count, LONGEST)).isFalse();
  }

  @Test
  void whatIsToldOfAnEventComesWithIt() {
    long entry = ring.claim();
    ring.memory().set(ValueLayout.JAVA_BYTE, EventRing.messageOffset(entry), (byte) 42);
    FlowEnd end = new FlowEnd();
    end.host = "[2001:db8::1]:443";
    end.cause = FlowEnd.Cause.NEXT;
    end.outcome = Outcome.ENDED_RESET;
    end.direction = Direction.FORWARDED;
    end.setupNs = 1;
    end.durationNs = 2;
    end.hasTraffic = true;
    end.receivedBytes = 3;
    end.receivedPackets = 4;
    end.sentBytes = 5;
    end.sentPackets = Long.MAX_VALUE;
    ring.publish(
        entry,
        1,
        "blue".getBytes(US_ASCII),
        RemoteEnd.REPLY_SOURCE,
        1_767_225_845_678_901_234L,
        end);

    long taken = ring.peek();
    assertThat(ring.remoteEnd(taken)).isEqualTo(RemoteEnd.REPLY_SOURCE);
    assertThat(ring.netns(taken)).isEqualTo("blue");
    assertThat(ring.receivedUnixNs(taken)).isEqualTo(1_767_225_845_678_901_234L);
    assertThat(ring.message(taken).toArray(ValueLayout.JAVA_BYTE)).containsExactly(42);
    FlowEnd read = new FlowEnd();
    assertThat(ring.hasEnd(taken)).isTrue();
    ring.readEnd(taken, read);
    assertThat(read).usingRecursiveComparison().isEqualTo(end);
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void oneThreadCanPutWhileAnotherTakes() throws InterruptedException {
    int count = 300_000;
    Thread putting =
        Thread.ofPlatform()
            .start(() -> {
              SplittableRandom lengths = new SplittableRandom(SEED);
              for (int i = 0; i < count; i++) {
                int length = lengths.nextInt(Integer.BYTES, LONGEST + 1);
                while (!put(i, length)) {
                  Thread.onSpinWait();
                }
              }
            });
    SplittableRandom lengths = new SplittableRandom(SEED);
    for (int i = 0; i < count; i++) {
      while (ring.peek() == EventRing.NONE) {
        Thread.onSpinWait();
      }
      long entry = ring.peek();
      assertThat(ring.receivedUnixNs(entry)).isEqualTo(i);
      assertThat(ring.netns(entry)).hasSize(nameBytes(i));
      assertThat(ring.message(entry).get(ValueLayout.JAVA_INT, 0)).isEqualTo(i);
      assertThat(takeLength()).isEqualTo(lengths.nextInt(Integer.BYTES, LONGEST + 1));
    }
    putting.join();
  }

  @Test
  void aCapacityThatIsNoPowerOfTwoIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EventRing(10_000))
        .withMessageContaining("capacityBytes=10000");
  }

  private static int nameBytes(int number) {
    return NamespacePattern.LONGEST_NAME - number % NAME_LENGTHS;
  }

  private boolean put(int number, int length) {
    long entry = ring.claim();
    if (entry == EventRing.NONE) {
      return false;
    }
    ring.memory().set(ValueLayout.JAVA_INT, EventRing.messageOffset(entry), number);
    byte[] name = new byte[nameBytes(number)];
    FlowEnd end = number % 3 == 0 ? end(number) : null;
    ring.publish(entry, length, name, RemoteEnd.ORIGINAL_DESTINATION, number, end);
    return true;
  }

  private static FlowEnd end(int number) {
    FlowEnd end = new FlowEnd();
    end.host = "h".repeat(number % NAME_LENGTHS);
    return end;
  }

  private int takeLength() {
    long entry = ring.peek();
    int length = (int) ring.message(entry).byteSize();
    ring.release(entry);
    return length;
  }
}
