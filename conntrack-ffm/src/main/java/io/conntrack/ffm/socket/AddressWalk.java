package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.AF_INET;
import static io.conntrack.ffm.generated.Netfilter.AF_INET6;
import static io.conntrack.ffm.generated.Netfilter.IFA_ADDRESS;
import static io.conntrack.ffm.generated.Netfilter.IFA_LOCAL;
import static io.conntrack.ffm.generated.Netfilter.RTM_NEWADDR;

import io.conntrack.ffm.generated.ifaddrmsg;
import io.conntrack.ffm.message.MessageWalk;
import io.conntrack.ffm.message.Netlink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Collects the addresses that the messages of one rtnetlink dump tell, and keeps what the kernel
 * said of the request itself. What is no address, or is cut off, is passed over. Belongs to the
 * thread of its arena.
 */
final class AddressWalk implements MessageWalk.Visitor {
  private static final int PAYLOAD = Netlink.HEADER_BYTES + (int) ifaddrmsg.sizeof();
  private static final long IPV4_MAPPED = 0x0000ffff_00000000L;
  private static final ValueLayout.OfInt NETWORK_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong NETWORK_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final MessageWalk walk;
  private long[] halves = new long[32];
  private int count;
  private boolean done;
  private int refusal;

  AddressWalk(Arena arena, MemorySegment messages) {
    this.walk = new MessageWalk(arena, messages, this);
  }

  /** Forgets everything, before the first portion of a dump. */
  void begin() {
    count = 0;
    done = false;
    refusal = 0;
  }

  /**
   * Adds the addresses of a portion. Returns 0, or the errno with which the kernel refused the
   * request, or that of {@link MessageWalk#run}.
   */
  int run(long lengthBytes, int sequence, int portId) {
    int errno = walk.run(lengthBytes, sequence, portId);
    return errno != 0 ? errno : refusal;
  }

  /** Whether the dump's end was met, or the kernel refused it. */
  boolean isDone() {
    return done;
  }

  /**
   * High and low half of each address in turn, IPv4 as ::ffff:a.b.c.d, as numbers in host order.
   */
  long[] halves() {
    return Arrays.copyOf(halves, count);
  }

  @Override
  public boolean visit(MemorySegment messages, long message) {
    int type = Netlink.type(messages, message);
    int lengthBytes = Netlink.lengthBytes(messages, message);
    if (Netlink.endsAnswer(messages, message)) {
      refusal = Netlink.refusal(messages, message);
      done = true;
      return false;
    }
    if (type == RTM_NEWADDR() && lengthBytes >= PAYLOAD) {
      int family = Netlink.unsignedByte(messages, message + Netlink.HEADER_BYTES);
      address(messages, family, message + PAYLOAD, message + lengthBytes);
    }
    return true;
  }

  /** Of a point-to-point link IFA_ADDRESS is the far end and IFA_LOCAL ours; else they are one. */
  private void address(MemorySegment messages, int family, long start, long end) {
    int addressBytes = family == AF_INET() ? 4 : family == AF_INET6() ? 16 : Integer.MAX_VALUE / 2;
    long found = -1;
    for (long at = start; Netlink.hasAttribute(at, end); at = Netlink.next(messages, at)) {
      if (!Netlink.fits(messages, at, end, 0)) {
        return;
      }
      int type = Netlink.attributeType(messages, at);
      boolean whole = Netlink.fits(messages, at, end, addressBytes);
      if (whole && (type == IFA_LOCAL() || (type == IFA_ADDRESS() && found < 0))) {
        found = Netlink.payload(at);
      }
    }
    if (found >= 0) {
      add(messages, family, found);
    }
  }

  private void add(MemorySegment messages, int family, long at) {
    if (count == halves.length) {
      halves = Arrays.copyOf(halves, 2 * count);
    }
    if (family == AF_INET()) {
      halves[count++] = 0;
      halves[count++] = IPV4_MAPPED | Integer.toUnsignedLong(messages.get(NETWORK_INT, at));
    } else {
      halves[count++] = messages.get(NETWORK_LONG, at);
      halves[count++] = messages.get(NETWORK_LONG, at + Long.BYTES);
    }
  }
}
