package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.util.Arrays;
import java.util.Comparator;

/**
 * What this host answers for, in its network namespace: its addresses, the networks that its routes
 * say are local, every multicast group, and 255.255.255.255. Immutable. Equal to another that holds
 * the same, so the reader can tell a change from news that change nothing.
 *
 * <p>Single addresses are in a hash set with open addressing, at most half full: a host may have
 * thousands (IPVS puts every service's on an interface), and each flow is looked up up to three
 * times. It needs no secret key: a probe's length depends on the addresses in it, which are the
 * host's own. Networks are ranges in order, none within another, among which a search halves its
 * way. So 100,000 of either take about 4 MB at most.
 */
public final class LocalAddresses {
  /** 224.0.0.0/4, 255.255.255.255/32, ff00::/8. */
  private static final long[] GROUPS = {
    0, 0xffff_e0000000L, 100, 0, 0xffff_ffffffffL, 128, 0xff000000_00000000L, 0, 8
  };

  private static final int ALL_BITS = 128;
  private static final int WORDS_PER_NETWORK = 3;
  private static final int WORDS_PER_RANGE = 4;
  private static final int BYTES = 256;

  /** Two words a slot. An empty one holds {@code ::}, which is no interface's address. */
  private final long[] slots;

  private final int mask;
  private int size;

  /** Of each range the first and the last address, two words each. */
  private final long[] ranges;

  /**
   * A bit for each first byte of IPv4 addresses, then of IPv6 addresses, that some range contains.
   */
  private final long[] firstBytes = new long[2 * BYTES / Long.SIZE];

  private LocalAddresses(int mostAddresses, long[] ranges) {
    int capacity = Integer.highestOneBit(Math.max(mostAddresses, 1)) << 2;
    slots = new long[2 * capacity];
    mask = capacity - 1;
    this.ranges = ranges;
    for (int at = 0; at < ranges.length; at += WORDS_PER_RANGE) {
      int last = firstByte(ranges[at + 2], ranges[at + 3]);
      for (int first = firstByte(ranges[at], ranges[at + 1]); first <= last; first++) {
        firstBytes[first / Long.SIZE] |= 1L << first;
      }
    }
  }

  private static int firstByte(long high, long low) {
    return high == 0 && low >>> Integer.SIZE == 0xffff
        ? (int) low >>> (Integer.SIZE - Byte.SIZE)
        : BYTES + (int) (high >>> (Long.SIZE - Byte.SIZE));
  }

  /**
   * Addresses as pairs of a high and a low word, as {@code Flow} has them. An address may come
   * twice.
   */
  public static LocalAddresses of(long... highLowPairs) {
    if (highLowPairs.length % 2 != 0) {
      throw new IllegalArgumentException(
          "an address is a high and a low word, but words=" + highLowPairs.length + " is odd");
    }
    long[] networks = new long[highLowPairs.length / 2 * WORDS_PER_NETWORK];
    for (int i = 0; i < highLowPairs.length / 2; i++) {
      networks[WORDS_PER_NETWORK * i] = highLowPairs[2 * i];
      networks[WORDS_PER_NETWORK * i + 1] = highLowPairs[2 * i + 1];
      networks[WORDS_PER_NETWORK * i + 2] = ALL_BITS;
    }
    return ofNetworks(networks);
  }

  /**
   * Networks as a high and a low word, and how many of the 128 bits count, from 1 to 128. Any may
   * come twice, and within another.
   */
  public static LocalAddresses ofNetworks(long... networks) {
    if (networks.length % WORDS_PER_NETWORK != 0) {
      throw new IllegalArgumentException(
          "a network is three words, but words=" + networks.length + " are not a multiple of it");
    }
    int hosts = 0;
    for (int i = 2; i < networks.length; i += WORDS_PER_NETWORK) {
      requireBits(networks[i]);
      hosts += networks[i] == ALL_BITS ? 1 : 0;
    }
    LocalAddresses addresses = new LocalAddresses(hosts, ranges(networks));
    for (int i = 0; i < networks.length; i += WORDS_PER_NETWORK) {
      if (networks[i + 2] == ALL_BITS) {
        addresses.add(networks[i], networks[i + 1]);
      }
    }
    return addresses;
  }

  private static void requireBits(long bits) {
    if (bits < 1 || bits > ALL_BITS) {
      throw new IllegalArgumentException(
          "bits=" + bits + " of a network's address: must be from 1 to " + ALL_BITS);
    }
  }

  private record Range(long firstHigh, long firstLow, long lastHigh, long lastLow) {
    static Range of(long high, long low, int bits) {
      long highMask = Network.mask(bits);
      long lowMask = Network.mask(bits - Long.SIZE);
      return new Range(high & highMask, low & lowMask, high | ~highMask, low | ~lowMask);
    }

    boolean covers(Range other) {
      return compare(lastHigh, lastLow, other.lastHigh, other.lastLow) >= 0;
    }
  }

  /**
   * In order. If two begin alike, the larger one comes first. Networks within others are left out.
   */
  private static long[] ranges(long[] networks) {
    Range[] all = new Range[(networks.length + GROUPS.length) / WORDS_PER_NETWORK];
    int count = add(GROUPS, 0, all, 0);
    count = add(networks, ALL_BITS, all, count);
    Arrays.sort(
        all,
        0,
        count,
        Comparator.<Range>comparingLong(range -> range.firstHigh ^ Long.MIN_VALUE)
            .thenComparingLong(range -> range.firstLow ^ Long.MIN_VALUE)
            .thenComparing((a, b) -> compare(b.lastHigh, b.lastLow, a.lastHigh, a.lastLow)));
    long[] ranges = new long[WORDS_PER_RANGE * count];
    int at = 0;
    Range last = null;
    for (Range range : Arrays.copyOf(all, count)) {
      if (last == null || !last.covers(range)) {
        ranges[at++] = range.firstHigh;
        ranges[at++] = range.firstLow;
        ranges[at++] = range.lastHigh;
        ranges[at++] = range.lastLow;
        last = range;
      }
    }
    return Arrays.copyOf(ranges, at);
  }

  /** Adds those that have other than so many bits. Returns how many there are then. */
  private static int add(long[] networks, int otherThanBits, Range[] ranges, int count) {
    int end = count;
    for (int i = 0; i < networks.length; i += WORDS_PER_NETWORK) {
      if (networks[i + 2] != otherThanBits) {
        ranges[end++] = Range.of(networks[i], networks[i + 1], (int) networks[i + 2]);
      }
    }
    return end;
  }

  private void add(long high, long low) {
    int slot = slotOf(high, low);
    if (isEmpty(slot) && (high | low) != 0) {
      slots[2 * slot] = high;
      slots[2 * slot + 1] = low;
      size++;
    }
  }

  public boolean contains(long high, long low) {
    return !isEmpty(slotOf(high, low)) || (mayBeInRange(high, low) && isInRange(high, low));
  }

  /** Almost no other host's address may be. */
  private boolean mayBeInRange(long high, long low) {
    int first = firstByte(high, low);
    return (firstBytes[first / Long.SIZE] & 1L << first) != 0;
  }

  private boolean isInRange(long high, long low) {
    int from = 0;
    int to = ranges.length / WORDS_PER_RANGE;
    while (from < to) {
      int middle = (from + to) >>> 1;
      int at = WORDS_PER_RANGE * middle;
      if (compare(ranges[at], ranges[at + 1], high, low) <= 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    int range = WORDS_PER_RANGE * (from - 1);
    return range >= 0 && compare(high, low, ranges[range + 2], ranges[range + 3]) <= 0;
  }

  private static int compare(long high, long low, long otherHigh, long otherLow) {
    int compared = Long.compareUnsigned(high, otherHigh);
    return compared != 0 ? compared : Long.compareUnsigned(low, otherLow);
  }

  /** How many single addresses there are. */
  public int size() {
    return size;
  }

  /** The address's slot, or the empty one where it would go. */
  private int slotOf(long high, long low) {
    int slot = (int) KeyedHash.mixed(high * 31 + low) & mask;
    while (!isEmpty(slot) && (slots[2 * slot] != high || slots[2 * slot + 1] != low)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isEmpty(int slot) {
    return (slots[2 * slot] | slots[2 * slot + 1]) == 0;
  }

  /** For tests. */
  long memoryBytes() {
    return (long) Long.BYTES * (slots.length + ranges.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LocalAddresses that
        && size == that.size
        && Arrays.equals(ranges, that.ranges)
        && that.containsAllOf(this);
  }

  private boolean containsAllOf(LocalAddresses others) {
    for (int slot = 0; slot <= others.mask; slot++) {
      if (!others.isEmpty(slot)
          && isEmpty(slotOf(others.slots[2 * slot], others.slots[2 * slot + 1]))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int sum = size; // A sum, since equal sets may have their addresses in different slots.
    for (long word : slots) {
      sum += Long.hashCode(word);
    }
    return sum;
  }
}
