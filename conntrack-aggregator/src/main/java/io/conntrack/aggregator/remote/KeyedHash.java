package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.flow.Flow;
import java.security.SecureRandom;

/**
 * A strongly universal hash of up to five 64-bit words to 64 bits: the upper half of {@code k0 +
 * sum of k(i) * word(i)}, modulo 2^128, with secret random keys of 128 bits (MULTILINEAR in Lemire
 * and Kaser, "Strongly universal string hashing is fast", 2014). So for any two different inputs
 * the chance of equal hashes is 2^-64. An attacker who has seen no key and no hash cannot raise it.
 *
 * <p>Words that are zero add nothing, so leaving them out changes no hash. The last step is a
 * bijection, so it makes no two hashes equal. It helps the hash tables. Without it only a
 * multiplication would spread inputs that count upwards, as ports and addresses do. A few unlucky
 * keys would then heap them up in places.
 *
 * <p>Collects in its own fields, so it belongs to one thread.
 */
public final class KeyedHash {
  static final int MAX_WORDS = 5;

  /** Pairs of a high and a low half: k0, then one for each word. */
  private final long[] keys;

  private long high;
  private long low;

  public static KeyedHash random() {
    return new KeyedHash(new SecureRandom().longs(2 * (1 + MAX_WORDS)).toArray());
  }

  public KeyedHash(long[] keys) {
    this.keys = keys;
  }

  /** The hash of a flow's key: family, protocol, zone and original tuple. */
  public long ofFlow(Flow flow) {
    assert fitsIntoWord(flow);
    begin();
    if ((flow.originalSourceHigh | flow.originalDestinationHigh) != 0) { // zero for IPv4
      add(1, flow.originalSourceHigh);
      add(2, flow.originalDestinationHigh);
    }
    add(3, flow.originalSourceLow);
    add(4, flow.originalDestinationLow);
    add(
        5,
        ((long) flow.originalSourcePort << 48)
            | ((long) flow.originalDestinationPort << 32)
            | ((long) flow.zone << 16)
            | ((long) flow.family << 8)
            | flow.protocol);
    return end();
  }

  private static boolean fitsIntoWord(Flow flow) {
    return flow.originalSourcePort >>> 16 == 0
        && flow.originalDestinationPort >>> 16 == 0
        && flow.zone >>> 16 == 0
        && flow.family >>> 8 == 0
        && flow.protocol >>> 8 == 0;
  }

  public long ofEndpoint(EndpointKey key) {
    begin();
    if (key.addressHigh != 0) {
      add(1, key.addressHigh);
    }
    add(2, key.addressLow);
    add(3, key.details | (long) key.servicePort << EndpointKey.DETAILS_BITS);
    if ((key.serviceHigh | key.serviceLow) != 0) {
      add(4, key.serviceHigh);
      add(5, key.serviceLow);
    }
    return end();
  }

  /** The hash of five words. */
  public long of(long first, long second, long third, long fourth, long fifth) {
    begin();
    add(1, first);
    add(2, second);
    add(3, third);
    add(4, fourth);
    add(5, fifth);
    return end();
  }

  private void begin() {
    high = keys[0];
    low = keys[1];
  }

  private void add(int key, long word) {
    long keyHigh = keys[2 * key];
    long keyLow = keys[2 * key + 1];
    long product = keyLow * word;
    low += product;
    long carry = Long.compareUnsigned(low, product) < 0 ? 1 : 0;
    high += keyHigh * word + Math.unsignedMultiplyHigh(keyLow, word) + carry;
  }

  private long end() {
    return mixed(high);
  }

  /** The finalizer of MurmurHash3: a bijection in which every bit depends on every bit. */
  public static long mixed(long bits) {
    long mixed = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
