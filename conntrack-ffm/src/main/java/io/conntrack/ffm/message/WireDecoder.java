package io.conntrack.ffm.message;

import static io.conntrack.ffm.message.Netlink.HEADER_BYTES;

import io.conntrack.ffm.generated.Netfilter;
import io.conntrack.ffm.generated.nfgenmsg;
import java.lang.foreign.MemorySegment;

/**
 * Reads the attributes of a ctnetlink message straight from the received bytes, in one pass, and
 * stops when it has what a record needs.
 *
 * <p>Every length is checked against what encloses it before it is used. Has no state: any thread.
 */
public final class WireDecoder implements FlowDecoder {
  private static final int PAYLOAD = HEADER_BYTES + (int) nfgenmsg.sizeof();

  private static final int TUPLE_ORIGINAL = Netfilter.CTA_TUPLE_ORIG();
  private static final int TUPLE_REPLY = Netfilter.CTA_TUPLE_REPLY();
  private static final int PROTOCOL_INFO = Netfilter.CTA_PROTOINFO();
  private static final int ZONE = Netfilter.CTA_ZONE();
  private static final int TIMEOUT = Netfilter.CTA_TIMEOUT();
  private static final int STATUS = Netfilter.CTA_STATUS();
  private static final int PROTOCOL_INFO_TCP = Netfilter.CTA_PROTOINFO_TCP();
  private static final int TCP_STATE = Netfilter.CTA_PROTOINFO_TCP_STATE();
  private static final int PROTOCOL_INFO_SCTP = Netfilter.CTA_PROTOINFO_SCTP();
  private static final int SCTP_STATE = Netfilter.CTA_PROTOINFO_SCTP_STATE();

  /** Both tuples have been read. */
  private static final int COMPLETE = TupleDecoder.ORIGINAL | TupleDecoder.REPLY;

  private static final int MALFORMED = TupleDecoder.MALFORMED;

  public WireDecoder() {}

  @Override
  public boolean decode(
      MemorySegment messages, long message, int lengthBytes, MemorySegment records, long record) {
    if (lengthBytes < PAYLOAD) {
      return false;
    }
    FlowRecord.clear(records, record);
    FlowRecord.putByte(records, record + FlowRecord.KIND, FlowMessages.kind(messages, message));
    int family = Netlink.unsignedByte(messages, message + HEADER_BYTES);
    FlowRecord.putByte(records, record + FlowRecord.FAMILY, family);

    long end = message + lengthBytes;
    int seen = 0;
    for (long at = message + PAYLOAD;
        Netlink.hasAttribute(at, end);
        at = Netlink.next(messages, at)) {
      if (!Netlink.fits(messages, at, end, 0)) {
        return false;
      }
      int type = Netlink.attributeType(messages, at);
      int found = attribute(type, seen, messages, at, records, record);
      if (found == MALFORMED) {
        return false;
      }
      seen |= found;
      if (type == PROTOCOL_INFO && (seen & COMPLETE) == COMPLETE) {
        return true; // the kernel writes all else that is needed before it: ctnetlink_fill_info
      }
    }
    return (seen & COMPLETE) == COMPLETE;
  }

  private static int attribute(
      int type, int seen, MemorySegment messages, long at, MemorySegment records, long record) {
    if (type == TUPLE_ORIGINAL) {
      return TupleDecoder.decode(TupleDecoder.ORIGINAL, messages, at, records, record);
    }
    if (type == TUPLE_REPLY) {
      return TupleDecoder.decode(TupleDecoder.REPLY, messages, at, records, record);
    }
    if (type == PROTOCOL_INFO) {
      return protocolInfo(messages, at, records, record);
    }
    if (type == STATUS) {
      return status(messages, at, records, record);
    }
    if (type == TIMEOUT) {
      return timeout(messages, at, records, record);
    }
    if (type == ZONE && (seen & TupleDecoder.ZONE) == 0) {
      return TupleDecoder.zone(messages, at, records, record);
    }
    return 0;
  }

  private static int timeout(
      MemorySegment messages, long attribute, MemorySegment records, long record) {
    if (!Netlink.fits(messages, attribute, Netlink.end(messages, attribute), Integer.BYTES)) {
      return MALFORMED;
    }
    long field = record + FlowRecord.TIMEOUT_SECONDS;
    FlowRecord.copyInt(messages, Netlink.payload(attribute), records, field);
    return 0;
  }

  private static int status(
      MemorySegment messages, long attribute, MemorySegment records, long record) {
    if (!Netlink.fits(messages, attribute, Netlink.end(messages, attribute), Integer.BYTES)) {
      return MALFORMED;
    }
    int status = Netlink.networkInt(messages, Netlink.payload(attribute));
    FlowRecord.putStatus(records, record, status);
    return 0;
  }

  /** Reads CTA_PROTOINFO: of TCP and SCTP the state, of others nothing. */
  private static int protocolInfo(
      MemorySegment messages, long attribute, MemorySegment records, long record) {
    long end = Netlink.end(messages, attribute);
    for (long at = Netlink.payload(attribute);
        Netlink.hasAttribute(at, end);
        at = Netlink.next(messages, at)) {
      if (!Netlink.fits(messages, at, end, 0)) {
        return MALFORMED;
      }
      int type = Netlink.attributeType(messages, at);
      if (type == PROTOCOL_INFO_TCP) {
        return state(TCP_STATE, messages, at, records, record + FlowRecord.STATE);
      }
      if (type == PROTOCOL_INFO_SCTP) {
        return state(SCTP_STATE, messages, at, records, record + FlowRecord.STATE);
      }
    }
    return 0;
  }

  private static int state(
      int type, MemorySegment messages, long attribute, MemorySegment records, long field) {
    long end = Netlink.end(messages, attribute);
    for (long at = Netlink.payload(attribute);
        Netlink.hasAttribute(at, end);
        at = Netlink.next(messages, at)) {
      boolean isState = Netlink.attributeType(messages, at) == type;
      if (!Netlink.fits(messages, at, end, isState ? Byte.BYTES : 0)) {
        return MALFORMED;
      }
      if (isState) {
        int state = Netlink.unsignedByte(messages, Netlink.payload(at));
        FlowRecord.putByte(records, field, state);
        return 0;
      }
    }
    return 0;
  }
}
