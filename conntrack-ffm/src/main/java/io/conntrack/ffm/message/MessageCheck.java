package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.AF_INET;
import static io.conntrack.ffm.generated.Netfilter.AF_INET6;

import io.conntrack.ffm.generated.nfgenmsg;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Whether a message can be given to libnetfilter_conntrack. A message that the library does not
 * expect would end the process:
 *
 * <ul>
 *   <li>It calls exit() where an attribute that it knows has another length than it insists on:
 *       abi_breakage() in its src/conntrack/parse_mnl.c, since 1.0.8.
 *   <li>It reads strings to their NUL, wherever that is.
 *   <li>It takes the family for an index into its list of names.
 *   <li>Its table for CTA_PROTOINFO ends at 3, and it writes to 4 and 5, too.
 * </ul>
 *
 * <p>The rules stand in the order of the attributes' numbers in linux/netfilter/
 * nfnetlink_conntrack.h; an attribute without a rule is one that the library passes over, or takes
 * as it is. Stricter than the library in that every attribute has to fit what encloses it.
 */
final class MessageCheck {
  /** What the payload of an attribute has to be: the bytes from {@code start} to {@code end}. */
  @FunctionalInterface
  private interface Rule {
    boolean holds(MemorySegment message, long start, long end);
  }

  private static final int ATTRIBUTES = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
  private static final int IPV6_BYTES = 16;

  private static final Rule ANY = (message, start, end) -> true;
  private static final Rule NONE = (message, start, end) -> false;
  private static final Rule U8 = bytes(Byte.BYTES);
  private static final Rule U16 = bytes(Short.BYTES);
  private static final Rule U32 = bytes(Integer.BYTES);
  private static final Rule U64 = bytes(Long.BYTES);
  private static final Rule IPV6 = bytes(IPV6_BYTES);
  private static final Rule NAME = MessageCheck::isName;

  private static final Rule ADDRESSES = nest(ANY, U32, U32, IPV6, IPV6);
  private static final Rule PROTOCOL = nest(ANY, U8, U16, U16, U16, U8, U8, U16, U8, U8);
  private static final Rule TUPLE = nest(ANY, ADDRESSES, PROTOCOL, U16);
  private static final Rule TCP = nest(ANY, U8, U8, U8, U16, U16);
  private static final Rule DCCP = nest(ANY, U8, U8, U64);
  private static final Rule SCTP = nest(ANY, U8, U32, U32);
  private static final Rule PROTOCOL_INFO = nest(ANY, TCP, DCCP, SCTP, NONE, NONE);
  private static final Rule HELPER = nest(ANY, NAME);
  private static final Rule COUNTERS = nest(ANY, U64, U64, U32, U32);
  private static final Rule SEQUENCE_ADJUSTMENT = nest(ANY, U32, U32, U32);
  private static final Rule SECURITY_CONTEXT = nest(ANY, NAME);
  private static final Rule TIMESTAMPS = nest(ANY, U64, U64);
  private static final Rule SYNPROXY = nest(ANY, U32, U32, U32);

  private static final Rule[] MESSAGE = {
    ANY, // CTA_UNSPEC
    TUPLE, // CTA_TUPLE_ORIG
    TUPLE, // CTA_TUPLE_REPLY
    U32, // CTA_STATUS
    PROTOCOL_INFO, // CTA_PROTOINFO
    HELPER, // CTA_HELP
    ANY, // CTA_NAT_SRC
    U32, // CTA_TIMEOUT
    U32, // CTA_MARK
    COUNTERS, // CTA_COUNTERS_ORIG
    COUNTERS, // CTA_COUNTERS_REPLY
    U32, // CTA_USE
    U32, // CTA_ID
    ANY, // CTA_NAT_DST
    TUPLE, // CTA_TUPLE_MASTER
    SEQUENCE_ADJUSTMENT, // CTA_SEQ_ADJ_ORIG
    SEQUENCE_ADJUSTMENT, // CTA_SEQ_ADJ_REPLY
    U32, // CTA_SECMARK
    U16, // CTA_ZONE
    SECURITY_CONTEXT, // CTA_SECCTX
    TIMESTAMPS, // CTA_TIMESTAMP
    ANY, // CTA_MARK_MASK
    ANY, // CTA_LABELS
    ANY, // CTA_LABELS_MASK
    SYNPROXY, // CTA_SYNPROXY
    ANY, // CTA_FILTER
    ANY, // CTA_STATUS_MASK
    U64, // CTA_TIMESTAMP_EVENT, which the library knows since 1.1.1
  };

  private MessageCheck() {}

  /** Whether {@code message}, a segment of exactly the one message, can be given to the library. */
  static boolean passes(MemorySegment message) {
    long end = message.byteSize();
    if (end < ATTRIBUTES || Netlink.lengthBytes(message, 0) != end) {
      return false;
    }
    int family = Netlink.unsignedByte(message, Netlink.HEADER_BYTES);
    return (family == AF_INET() || family == AF_INET6())
        && attributesHold(MESSAGE, message, ATTRIBUTES, end);
  }

  private static Rule bytes(int count) {
    return (message, start, end) -> end - start == count;
  }

  /** Attributes, or nothing at all: the library does not take less than one attribute's header. */
  private static Rule nest(Rule... rulesByType) {
    return (message, start, end) ->
        (start == end || Netlink.hasAttribute(start, end))
            && attributesHold(rulesByType, message, start, end);
  }

  private static boolean attributesHold(
      Rule[] rulesByType, MemorySegment message, long start, long end) {
    for (long at = start; Netlink.hasAttribute(at, end); at = Netlink.next(message, at)) {
      if (!Netlink.fits(message, at, end, 0)) {
        return false;
      }
      int type = Netlink.attributeType(message, at);
      Rule rule = type < rulesByType.length ? rulesByType[type] : ANY;
      if (!rule.holds(message, Netlink.payload(at), Netlink.end(message, at))) {
        return false;
      }
    }
    return true;
  }

  /** Printable characters of ASCII up to a NUL, so that the text of an event is one line. */
  private static boolean isName(MemorySegment message, long start, long end) {
    for (long at = start; at < end; at++) {
      byte character = message.get(ValueLayout.JAVA_BYTE, at);
      if (character == 0) {
        return true;
      }
      if (character < ' ' || character > '~') {
        return false;
      }
    }
    return false;
  }
}
