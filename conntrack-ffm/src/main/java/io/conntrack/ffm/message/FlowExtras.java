package io.conntrack.ffm.message;

import static io.conntrack.ffm.message.Netlink.HEADER_BYTES;

import io.conntrack.ffm.generated.Netfilter;
import io.conntrack.ffm.generated.nfgenmsg;
import java.lang.foreign.MemorySegment;

/**
 * What one message tells of one flow beside its {@link FlowRecord}: how much it has carried, and
 * when. The kernel tells the counters of flows that began while {@code nf_conntrack_acct} was on,
 * in DESTROY and in a dump; the start of those that began while {@code nf_conntrack_timestamp} was
 * on, likewise; and of these since 6.14 the time of each event.
 *
 * <p>A place that is filled from message after message, by one thread. What is not told, or is cut
 * off, is 0.
 */
public final class FlowExtras {
  private static final int ATTRIBUTES = HEADER_BYTES + (int) nfgenmsg.sizeof();
  private static final int COUNTERS_ORIGINAL = Netfilter.CTA_COUNTERS_ORIG();
  private static final int COUNTERS_REPLY = Netfilter.CTA_COUNTERS_REPLY();
  private static final int PACKETS = Netfilter.CTA_COUNTERS_PACKETS();
  private static final int BYTES = Netfilter.CTA_COUNTERS_BYTES();
  private static final int TIMESTAMP = Netfilter.CTA_TIMESTAMP();
  private static final int TIMESTAMP_START = Netfilter.CTA_TIMESTAMP_START();

  /** CTA_TIMESTAMP_EVENT of linux/netfilter/nfnetlink_conntrack.h, which 6.14 added. */
  private static final int TIMESTAMP_EVENT = 27;

  private static final long NOT_TOLD = 0;

  private boolean counted;
  private long originalPackets;
  private long originalBytes;
  private long replyPackets;
  private long replyBytes;
  private long startUnixNs;
  private long eventUnixNs;

  public FlowExtras() {}

  /** Whether the message told the counters. */
  public boolean hasCounters() {
    return counted;
  }

  public long originalPackets() {
    return originalPackets;
  }

  public long originalBytes() {
    return originalBytes;
  }

  public long replyPackets() {
    return replyPackets;
  }

  public long replyBytes() {
    return replyBytes;
  }

  /** When the flow began, in nanoseconds since 1970 by the kernel's clock, or 0. */
  public long startUnixNs() {
    return startUnixNs;
  }

  /** When the event was, in nanoseconds since 1970 by the kernel's clock, or 0. */
  public long eventUnixNs() {
    return eventUnixNs;
  }

  /** Takes what the message of so many bytes at {@code message} tells. */
  void read(MemorySegment messages, long message, int lengthBytes) {
    clear();
    long end = message + lengthBytes;
    for (long at = message + ATTRIBUTES;
        Netlink.hasAttribute(at, end) && Netlink.fits(messages, at, end, 0);
        at = Netlink.next(messages, at)) {
      int type = Netlink.attributeType(messages, at);
      if (type == COUNTERS_ORIGINAL) {
        counted = true;
        originalPackets = nested(messages, at, PACKETS);
        originalBytes = nested(messages, at, BYTES);
      } else if (type == COUNTERS_REPLY) {
        replyPackets = nested(messages, at, PACKETS);
        replyBytes = nested(messages, at, BYTES);
      } else if (type == TIMESTAMP) {
        startUnixNs = nested(messages, at, TIMESTAMP_START);
      } else if (type == TIMESTAMP_EVENT) {
        eventUnixNs = number(messages, at, end);
      }
    }
  }

  private void clear() {
    counted = false;
    originalPackets = NOT_TOLD;
    originalBytes = NOT_TOLD;
    replyPackets = NOT_TOLD;
    replyBytes = NOT_TOLD;
    startUnixNs = NOT_TOLD;
    eventUnixNs = NOT_TOLD;
  }

  /** The number of this type that is nested in an attribute. */
  private static long nested(MemorySegment messages, long nest, int type) {
    long end = Netlink.end(messages, nest);
    return number(messages, Netlink.find(messages, Netlink.payload(nest), end, type), end);
  }

  private static long number(MemorySegment messages, long attribute, long end) {
    boolean whole =
        Netlink.hasAttribute(attribute, end) && Netlink.fits(messages, attribute, end, Long.BYTES);
    long number = whole ? Netlink.networkLong(messages, Netlink.payload(attribute)) : NOT_TOLD;
    return Math.max(NOT_TOLD, number); // what is above 2^63 no flow has carried
  }
}
