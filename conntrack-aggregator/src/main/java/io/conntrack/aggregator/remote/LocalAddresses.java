package io.conntrack.aggregator.remote;

/**
 * The addresses of this host, in its network namespace. Immutable; equal to another that holds the
 * same addresses, so that the reader can tell a change from news that change nothing.
 *
 * <p>A hash set with open addressing, at most half full: a host may have thousands of addresses
 * (IPVS puts every service's on an interface), and each flow is looked up up to three times. It
 * needs no secret key: a probe's length depends on the addresses in it, which are the host's own.
 */
public final class LocalAddresses {
  /** Two words a slot. An empty one holds {@code ::}, which is no interface's address. */
  private final long[] slots;

  private final int mask;
  private int size;

  private LocalAddresses(int mostAddresses) {
    int capacity = Integer.highestOneBit(Math.max(mostAddresses, 1)) << 2;
    slots = new long[2 * capacity];
    mask = capacity - 1;
  }

  /** Addresses as pairs of a high and a low word, as {@code Flow} has them; any may come twice. */
  public static LocalAddresses of(long... highLowPairs) {
    if (highLowPairs.length % 2 != 0) {
      throw new IllegalArgumentException(
          "an address is a high and a low word, but words=" + highLowPairs.length + " is odd");
    }
    LocalAddresses addresses = new LocalAddresses(highLowPairs.length / 2);
    for (int i = 0; i < highLowPairs.length; i += 2) {
      addresses.add(highLowPairs[i], highLowPairs[i + 1]);
    }
    return addresses;
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
    return !isEmpty(slotOf(high, low));
  }

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

  @Override
  public boolean equals(Object other) {
    return other instanceof LocalAddresses that && size == that.size && that.containsAllOf(this);
  }

  private boolean containsAllOf(LocalAddresses others) {
    for (int slot = 0; slot <= others.mask; slot++) {
      if (!others.isEmpty(slot) && !contains(others.slots[2 * slot], others.slots[2 * slot + 1])) {
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
