package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.AF_INET;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.MemorySegment;

/**
 * Lets libnetfilter_conntrack parse the message (nfct_nlmsg_parse) and asks its object: the
 * reference for {@link WireDecoder}, and several times slower.
 *
 * <p>What a message does not tell is zero in the record. Has no state: any thread. Each decode
 * makes and frees an object of the library.
 */
public final class LibraryDecoder implements FlowDecoder {
  public LibraryDecoder() {}

  @Override
  public boolean decode(
      MemorySegment messages, long message, int lengthBytes, MemorySegment records, long record) {
    MemorySegment header = messages.asSlice(message, lengthBytes);
    if (!MessageCheck.passes(header)) {
      return false;
    }
    MemorySegment flow = Netfilter.nfct_new();
    if (flow.equals(MemorySegment.NULL)) {
      throw new OutOfMemoryError("nfct_new() has no memory");
    }
    try {
      if (Netfilter.nfct_nlmsg_parse(header, flow) < 0) {
        return false;
      }
      FlowRecord.clear(records, record);
      FlowRecord.putByte(records, record + FlowRecord.KIND, FlowMessages.kind(messages, message));
      copy(flow, records, record);
      return true;
    } finally {
      Netfilter.nfct_destroy(flow);
    }
  }

  private static void copy(MemorySegment flow, MemorySegment records, long record) {
    byte family = Netfilter.nfct_get_attr_u8(flow, Netfilter.ATTR_L3PROTO());
    FlowRecord.putByte(records, record + FlowRecord.FAMILY, family);
    FlowRecord.putByte(
        records,
        record + FlowRecord.PROTOCOL,
        Netfilter.nfct_get_attr_u8(flow, Netfilter.ATTR_L4PROTO()));
    if (family == AF_INET()) {
      copyIpv4Addresses(flow, records, record);
    } else {
      copyIpv6Addresses(flow, records, record);
    }
    if (isSet(flow, Netfilter.ATTR_ICMP_TYPE())) {
      copyIcmp(flow, records, record);
    } else {
      copyPorts(flow, records, record);
    }
    copyState(flow, Netfilter.ATTR_TCP_STATE(), records, record + FlowRecord.STATE);
    copyState(flow, Netfilter.ATTR_SCTP_STATE(), records, record + FlowRecord.STATE);
    if (isSet(flow, Netfilter.ATTR_STATUS())) {
      int status = Netfilter.nfct_get_attr_u32(flow, Netfilter.ATTR_STATUS());
      FlowRecord.putStatus(records, record, status);
    }
    // The library keeps it in host order, and 0 if it was not told.
    FlowRecord.putInt(
        records,
        record + FlowRecord.TIMEOUT_SECONDS,
        Netfilter.nfct_get_attr_u32(flow, Netfilter.ATTR_TIMEOUT()));
    int zone =
        isSet(flow, Netfilter.ATTR_ORIG_ZONE())
            ? Netfilter.ATTR_ORIG_ZONE()
            : Netfilter.ATTR_ZONE();
    // Zones are the one 16-bit attribute that the library keeps in host order.
    FlowRecord.putShort(records, record + FlowRecord.ZONE, Netfilter.nfct_get_attr_u16(flow, zone));
  }

  private static void copyState(MemorySegment flow, int attribute, MemorySegment to, long field) {
    if (isSet(flow, attribute)) {
      FlowRecord.putByte(to, field, Netfilter.nfct_get_attr_u8(flow, attribute));
    }
  }

  private static void copyIpv4Addresses(MemorySegment flow, MemorySegment records, long record) {
    copyIpv4(flow, Netfilter.ATTR_ORIG_IPV4_SRC(), records, record + FlowRecord.ORIGINAL_SOURCE);
    copyIpv4(
        flow, Netfilter.ATTR_ORIG_IPV4_DST(), records, record + FlowRecord.ORIGINAL_DESTINATION);
    copyIpv4(flow, Netfilter.ATTR_REPL_IPV4_SRC(), records, record + FlowRecord.REPLY_SOURCE);
    copyIpv4(flow, Netfilter.ATTR_REPL_IPV4_DST(), records, record + FlowRecord.REPLY_DESTINATION);
  }

  private static void copyIpv6Addresses(MemorySegment flow, MemorySegment records, long record) {
    copyIpv6(flow, Netfilter.ATTR_ORIG_IPV6_SRC(), records, record + FlowRecord.ORIGINAL_SOURCE);
    copyIpv6(
        flow, Netfilter.ATTR_ORIG_IPV6_DST(), records, record + FlowRecord.ORIGINAL_DESTINATION);
    copyIpv6(flow, Netfilter.ATTR_REPL_IPV6_SRC(), records, record + FlowRecord.REPLY_SOURCE);
    copyIpv6(flow, Netfilter.ATTR_REPL_IPV6_DST(), records, record + FlowRecord.REPLY_DESTINATION);
  }

  private static void copyIpv4(MemorySegment flow, int attribute, MemorySegment to, long field) {
    if (isSet(flow, attribute)) {
      FlowRecord.copyIpv4(Netfilter.nfct_get_attr(flow, attribute), 0, to, field);
    }
  }

  private static void copyIpv6(MemorySegment flow, int attribute, MemorySegment to, long field) {
    if (isSet(flow, attribute)) {
      FlowRecord.copyIpv6(Netfilter.nfct_get_attr(flow, attribute), 0, to, field);
    }
  }

  private static void copyPorts(MemorySegment flow, MemorySegment records, long record) {
    copyShort(
        flow, Netfilter.ATTR_ORIG_PORT_SRC(), records, record + FlowRecord.ORIGINAL_SOURCE_PORT);
    copyShort(
        flow,
        Netfilter.ATTR_ORIG_PORT_DST(),
        records,
        record + FlowRecord.ORIGINAL_DESTINATION_PORT);
    copyShort(flow, Netfilter.ATTR_REPL_PORT_SRC(), records, record + FlowRecord.REPLY_SOURCE_PORT);
    copyShort(
        flow, Netfilter.ATTR_REPL_PORT_DST(), records, record + FlowRecord.REPLY_DESTINATION_PORT);
  }

  private static void copyIcmp(MemorySegment flow, MemorySegment records, long record) {
    copyShort(flow, Netfilter.ATTR_ICMP_ID(), records, record + FlowRecord.ORIGINAL_SOURCE_PORT);
    long typeAndCode = record + FlowRecord.ORIGINAL_DESTINATION_PORT;
    FlowRecord.putByte(
        records, typeAndCode, Netfilter.nfct_get_attr_u8(flow, Netfilter.ATTR_ICMP_TYPE()));
    FlowRecord.putByte(
        records, typeAndCode + 1, Netfilter.nfct_get_attr_u8(flow, Netfilter.ATTR_ICMP_CODE()));
  }

  /** The library keeps ports and the ICMP id as they were sent: in network order. */
  private static void copyShort(MemorySegment flow, int attribute, MemorySegment to, long field) {
    if (isSet(flow, attribute)) {
      FlowRecord.copyShort(Netfilter.nfct_get_attr(flow, attribute), 0, to, field);
    }
  }

  private static boolean isSet(MemorySegment flow, int attribute) {
    return Netfilter.nfct_attr_is_set(flow, attribute) > 0;
  }
}
