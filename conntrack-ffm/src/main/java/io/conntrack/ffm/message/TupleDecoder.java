package io.conntrack.ffm.message;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.MemorySegment;

/**
 * Reads one tuple of a ctnetlink message (CTA_TUPLE_ORIG, CTA_TUPLE_REPLY) into a {@link
 * FlowRecord}.
 *
 * <p>Part of {@link WireDecoder}. Has no state: any thread.
 */
final class TupleDecoder {
  /** The directions, and the bit that tells that one was read whole. */
  static final int ORIGINAL = 1;

  static final int REPLY = 2;

  /** The bit that tells that the tuple had a zone of its own. */
  static final int ZONE = 4;

  /** A length was wrong, or something was missing. */
  static final int MALFORMED = -1;

  private static final int IP = Netfilter.CTA_TUPLE_IP();
  private static final int PROTOCOL = Netfilter.CTA_TUPLE_PROTO();
  private static final int TUPLE_ZONE = Netfilter.CTA_TUPLE_ZONE();
  private static final int IPV4_SOURCE = Netfilter.CTA_IP_V4_SRC();
  private static final int IPV4_DESTINATION = Netfilter.CTA_IP_V4_DST();
  private static final int IPV6_SOURCE = Netfilter.CTA_IP_V6_SRC();
  private static final int IPV6_DESTINATION = Netfilter.CTA_IP_V6_DST();
  private static final int NUMBER = Netfilter.CTA_PROTO_NUM();
  private static final int SOURCE_PORT = Netfilter.CTA_PROTO_SRC_PORT();
  private static final int DESTINATION_PORT = Netfilter.CTA_PROTO_DST_PORT();
  private static final int ICMP_ID = Netfilter.CTA_PROTO_ICMP_ID();
  private static final int ICMP_TYPE = Netfilter.CTA_PROTO_ICMP_TYPE();
  private static final int ICMP_CODE = Netfilter.CTA_PROTO_ICMP_CODE();
  private static final int ICMPV6_ID = Netfilter.CTA_PROTO_ICMPV6_ID();
  private static final int ICMPV6_TYPE = Netfilter.CTA_PROTO_ICMPV6_TYPE();
  private static final int ICMPV6_CODE = Netfilter.CTA_PROTO_ICMPV6_CODE();

  private static final int IPV4_BYTES = 4;
  private static final int IPV6_BYTES = 16;

  /**
   * The shape of nearly all tuples: of IPv4 with ports, as the kernel writes it
   * (ctnetlink_dump_tuples). Offsets of the attributes, and what their headers say.
   *
   * <pre>
   *  0 tuple | 4 IP | 8 source, address | 16 destination, address
   *          | 24 protocol | 28 number | 36 source port | 44 destination port | 52 end
   * </pre>
   */
  private static final int IPV4_TUPLE_BYTES = 52;

  private static final int IPV4_IP = Netlink.attributeHeader(20, IP);
  private static final int IPV4_SOURCE_HEADER = Netlink.attributeHeader(8, IPV4_SOURCE);
  private static final int IPV4_DESTINATION_HEADER = Netlink.attributeHeader(8, IPV4_DESTINATION);
  private static final int PORTS_PROTOCOL = Netlink.attributeHeader(28, PROTOCOL);
  private static final int NUMBER_HEADER = Netlink.attributeHeader(5, NUMBER);
  private static final int SOURCE_PORT_HEADER = Netlink.attributeHeader(6, SOURCE_PORT);
  private static final int DESTINATION_PORT_HEADER = Netlink.attributeHeader(6, DESTINATION_PORT);

  /** What a tuple must have, as bits above those that are returned. */
  private static final int SOURCE_SEEN = 8;

  private static final int DESTINATION_SEEN = 16;
  private static final int PROTOCOL_SEEN = 32;
  private static final int COMPLETE = SOURCE_SEEN | DESTINATION_SEEN | PROTOCOL_SEEN;

  private TupleDecoder() {}

  /**
   * Reads the tuple in {@code attribute}, which fits what encloses it. Returns {@code direction},
   * with {@link #ZONE} if it had one, or {@link #MALFORMED}.
   */
  static int decode(
      int direction, MemorySegment messages, long attribute, MemorySegment records, long record) {
    long end = Netlink.end(messages, attribute);
    if (end - attribute == IPV4_TUPLE_BYTES && isIpv4WithPorts(messages, attribute)) {
      copyIpv4WithPorts(direction, messages, attribute, records, record);
      return direction;
    }
    int seen = 0;
    for (long at = Netlink.payload(attribute);
        Netlink.hasAttribute(at, end);
        at = Netlink.next(messages, at)) {
      if (!Netlink.fits(messages, at, end, 0)) {
        return MALFORMED;
      }
      int type = Netlink.attributeType(messages, at);
      int found = 0;
      if (type == IP) {
        found = addresses(direction, messages, at, records, record);
      } else if (type == PROTOCOL) {
        found = protocol(direction, messages, at, records, record);
      } else if (type == TUPLE_ZONE && direction == ORIGINAL) {
        found = zone(messages, at, records, record);
      }
      if (found == MALFORMED) {
        return MALFORMED;
      }
      seen |= found;
    }
    return (seen & COMPLETE) == COMPLETE ? direction | (seen & ZONE) : MALFORMED;
  }

  /**
   * Whether walking the tuple's attributes, of {@link #IPV4_TUPLE_BYTES}, would find this shape.
   */
  private static boolean isIpv4WithPorts(MemorySegment messages, long tuple) {
    return Netlink.attributeHeader(messages, tuple + 4) == IPV4_IP
        && Netlink.attributeHeader(messages, tuple + 8) == IPV4_SOURCE_HEADER
        && Netlink.attributeHeader(messages, tuple + 16) == IPV4_DESTINATION_HEADER
        && Netlink.attributeHeader(messages, tuple + 24) == PORTS_PROTOCOL
        && Netlink.attributeHeader(messages, tuple + 28) == NUMBER_HEADER
        && Netlink.attributeHeader(messages, tuple + 36) == SOURCE_PORT_HEADER
        && Netlink.attributeHeader(messages, tuple + 44) == DESTINATION_PORT_HEADER;
  }

  private static void copyIpv4WithPorts(
      int direction, MemorySegment messages, long tuple, MemorySegment records, long record) {
    FlowRecord.copyIpv4(messages, tuple + 12, records, record + addressField(direction, true));
    FlowRecord.copyIpv4(messages, tuple + 20, records, record + addressField(direction, false));
    int number = Netlink.unsignedByte(messages, tuple + 32);
    FlowRecord.putByte(records, record + FlowRecord.PROTOCOL, number);
    FlowRecord.copyShort(messages, tuple + 40, records, record + portField(direction, true));
    FlowRecord.copyShort(messages, tuple + 48, records, record + portField(direction, false));
  }

  private static int addresses(
      int direction, MemorySegment messages, long attribute, MemorySegment records, long record) {
    long end = Netlink.end(messages, attribute);
    int seen = 0;
    for (long at = Netlink.payload(attribute);
        Netlink.hasAttribute(at, end);
        at = Netlink.next(messages, at)) {
      int type = Netlink.attributeType(messages, at);
      boolean source = type == IPV4_SOURCE || type == IPV6_SOURCE;
      boolean ipv4 = type == IPV4_SOURCE || type == IPV4_DESTINATION;
      boolean ipv6 = type == IPV6_SOURCE || type == IPV6_DESTINATION;
      if (!Netlink.fits(messages, at, end, ipv4 ? IPV4_BYTES : ipv6 ? IPV6_BYTES : 0)) {
        return MALFORMED;
      }
      long field = record + addressField(direction, source);
      if (ipv4) {
        FlowRecord.copyIpv4(messages, Netlink.payload(at), records, field);
      } else if (ipv6) {
        FlowRecord.copyIpv6(messages, Netlink.payload(at), records, field);
      } else {
        continue;
      }
      seen |= source ? SOURCE_SEEN : DESTINATION_SEEN;
    }
    return seen;
  }

  private static int protocol(
      int direction, MemorySegment messages, long attribute, MemorySegment records, long record) {
    long end = Netlink.end(messages, attribute);
    int seen = 0;
    for (long at = Netlink.payload(attribute);
        Netlink.hasAttribute(at, end);
        at = Netlink.next(messages, at)) {
      int type = Netlink.attributeType(messages, at);
      boolean port = type == SOURCE_PORT || type == DESTINATION_PORT;
      if (!Netlink.fits(messages, at, end, port || isIcmpId(type) ? Short.BYTES : Byte.BYTES)) {
        return MALFORMED;
      }
      long payload = Netlink.payload(at);
      if (type == NUMBER) {
        int number = Netlink.unsignedByte(messages, payload);
        FlowRecord.putByte(records, record + FlowRecord.PROTOCOL, number);
        seen = PROTOCOL_SEEN;
      } else if (port) {
        long field = record + portField(direction, type == SOURCE_PORT);
        FlowRecord.putShort(records, field, Netlink.networkShort(messages, payload));
      } else if (direction == ORIGINAL) {
        icmp(type, messages, payload, records, record);
      }
    }
    return seen;
  }

  /** ICMP has no ports: its id, type and code tell its flows apart, and lie in their place. */
  private static void icmp(
      int type, MemorySegment messages, long payload, MemorySegment records, long record) {
    if (isIcmpId(type)) {
      int id = Netlink.networkShort(messages, payload);
      FlowRecord.putShort(records, record + FlowRecord.ORIGINAL_SOURCE_PORT, id);
    } else if (type == ICMP_TYPE || type == ICMPV6_TYPE) {
      int number = Netlink.unsignedByte(messages, payload);
      FlowRecord.putByte(records, record + FlowRecord.ORIGINAL_DESTINATION_PORT, number);
    } else if (type == ICMP_CODE || type == ICMPV6_CODE) {
      int code = Netlink.unsignedByte(messages, payload);
      FlowRecord.putByte(records, record + FlowRecord.ORIGINAL_DESTINATION_PORT + 1, code);
    }
  }

  private static boolean isIcmpId(int type) {
    return type == ICMP_ID || type == ICMPV6_ID;
  }

  /** Reads a zone attribute: CTA_TUPLE_ZONE, or CTA_ZONE, which has the same form. */
  static int zone(MemorySegment messages, long attribute, MemorySegment records, long record) {
    if (!Netlink.fits(messages, attribute, Netlink.end(messages, attribute), Short.BYTES)) {
      return MALFORMED;
    }
    int zone = Netlink.networkShort(messages, Netlink.payload(attribute));
    FlowRecord.putShort(records, record + FlowRecord.ZONE, zone);
    return ZONE;
  }

  private static long addressField(int direction, boolean source) {
    if (direction == ORIGINAL) {
      return source ? FlowRecord.ORIGINAL_SOURCE : FlowRecord.ORIGINAL_DESTINATION;
    }
    return source ? FlowRecord.REPLY_SOURCE : FlowRecord.REPLY_DESTINATION;
  }

  private static long portField(int direction, boolean source) {
    if (direction == ORIGINAL) {
      return source ? FlowRecord.ORIGINAL_SOURCE_PORT : FlowRecord.ORIGINAL_DESTINATION_PORT;
    }
    return source ? FlowRecord.REPLY_SOURCE_PORT : FlowRecord.REPLY_DESTINATION_PORT;
  }
}
