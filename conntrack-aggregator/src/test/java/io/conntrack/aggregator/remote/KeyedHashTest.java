package io.conntrack.aggregator.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.Flows;
import io.conntrack.aggregator.flow.Flow;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyedHashTest {
  private static final BigInteger TWO_TO_128 = BigInteger.ONE.shiftLeft(128);

  @Test
  void isTheUpperHalfOfTheSumOfProductsInBigIntegersToo() {
    Random random = new Random(128);
    for (int i = 0; i < 10_000; i++) {
      long[] keys = keys(random);
      Flow flow = randomFlow(random);

      long sum = upperHalf(keys, words(flow));

      assertThat(new KeyedHash(keys).ofFlow(flow)).isEqualTo(KeyedHash.mixed(sum));
    }
  }

  @Test
  void anEndpointIsHashedByItsKey() {
    Random random = new Random(64);
    for (int i = 0; i < 10_000; i++) {
      long[] keys = keys(random);
      long high = random.nextBoolean() ? 0 : random.nextLong();
      long low = random.nextLong();
      EndpointKey key = new EndpointKey().set(high, low, random.nextLong() >>> 16);
      if (random.nextBoolean()) {
        key.setService(random.nextLong(), random.nextLong(), random.nextInt(65_536));
      }

      long sum =
          upperHalf(
              keys,
              high,
              low,
              key.details | (long) key.servicePort << 48,
              key.serviceHigh,
              key.serviceLow);

      assertThat(new KeyedHash(keys).ofEndpoint(key)).isEqualTo(KeyedHash.mixed(sum));
    }
  }

  @Test
  void everyPartOfAFlowsKeyChangesTheHash() {
    KeyedHash hash = KeyedHash.random();
    Set<Long> hashes = new HashSet<>();
    for (int part = 0; part <= 9; part++) {
      Flow flow = Flows.tcp("2001:db8::1 1000", "2001:db8::2 443", 1);
      switch (part) {
        case 0 -> flow.originalSourceHigh++;
        case 1 -> flow.originalSourceLow++;
        case 2 -> flow.originalDestinationHigh++;
        case 3 -> flow.originalDestinationLow++;
        case 4 -> flow.originalSourcePort++;
        case 5 -> flow.originalDestinationPort++;
        case 6 -> flow.zone++;
        case 7 -> flow.family++;
        case 8 -> flow.protocol++;
        default -> {}
      }
      hashes.add(hash.ofFlow(flow));
    }
    assertThat(hashes).hasSize(10);
  }

  @Test
  void theReplyTupleAndTheStateAreNotPartOfTheKey() {
    KeyedHash hash = KeyedHash.random();
    Flow flow = Flows.tcp("10.0.0.1 1000", "10.0.0.2 443", 1);
    Flow natted = Flows.natted("10.0.0.1 1000", "10.0.0.2 443", "10.9.9.9 1", "10.8.8.8 2", 3);

    assertThat(hash.ofFlow(natted)).isEqualTo(hash.ofFlow(flow));
  }

  @Test
  void keysAreOtherOnesEachTime() {
    Flow flow = Flows.tcp("10.0.0.1 1000", "10.0.0.2 443", 1);

    assertThat(KeyedHash.random().ofFlow(flow)).isNotEqualTo(KeyedHash.random().ofFlow(flow));
  }

  @Test
  void portsThatCountUpwardsAreSpreadEvenByAnUnluckyKey() {
    long[] keys = new long[2 * (1 + KeyedHash.MAX_WORDS)];
    keys[11] = 1L << 16; // By multiplication alone the hash would be the port itself.
    KeyedHash hash = new KeyedHash(keys);
    int[] inSixteenth = new int[16];
    Flow flow = new Flow();
    for (int port = 0; port < 65_536; port++) {
      flow.originalSourcePort = port;
      inSixteenth[(int) (hash.ofFlow(flow) >>> 60)]++;
    }
    for (int count : inSixteenth) {
      assertThat(count).isBetween(3_800, 4_400);
    }
  }

  private static long[] keys(Random random) {
    return random.longs(2 * (1 + KeyedHash.MAX_WORDS)).toArray();
  }

  private static Flow randomFlow(Random random) {
    Flow flow = new Flow();
    if (random.nextBoolean()) {
      flow.originalSourceHigh = random.nextLong();
      flow.originalDestinationHigh = random.nextLong();
    }
    flow.originalSourceLow = random.nextLong();
    flow.originalDestinationLow = random.nextLong();
    flow.originalSourcePort = random.nextInt(1 << 16);
    flow.originalDestinationPort = random.nextInt(1 << 16);
    flow.zone = random.nextInt(1 << 16);
    flow.family = random.nextInt(1 << 8);
    flow.protocol = random.nextInt(1 << 8);
    return flow;
  }

  private static long[] words(Flow flow) {
    String last =
        String.format(
            "%04x%04x%04x%02x%02x",
            flow.originalSourcePort,
            flow.originalDestinationPort,
            flow.zone,
            flow.family,
            flow.protocol);
    return new long[] {
      flow.originalSourceHigh,
      flow.originalDestinationHigh,
      flow.originalSourceLow,
      flow.originalDestinationLow,
      Long.parseUnsignedLong(last, 16)
    };
  }

  private static long upperHalf(long[] keys, long... words) {
    BigInteger sum = key(keys, 0);
    for (int i = 0; i < words.length; i++) {
      sum = sum.add(key(keys, i + 1).multiply(unsigned(words[i])));
    }
    return sum.mod(TWO_TO_128).shiftRight(64).longValue();
  }

  private static BigInteger key(long[] keys, int index) {
    return unsigned(keys[2 * index]).shiftLeft(64).add(unsigned(keys[2 * index + 1]));
  }

  private static BigInteger unsigned(long word) {
    return new BigInteger(Long.toUnsignedString(word));
  }
}
