package io.conntrack.testbed;

import io.conntrack.testbed.SyntheticFlow.ZoneDirection;

/**
 * Requests of ctnetlink about one flow. Numbers and names are those of
 * linux/netfilter/nfnetlink_conntrack.h.
 */
final class FlowMessage {
  /** No request is longer; an IPv6 flow with everything in it has 220. */
  static final int MAX_BYTES = 320;

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int NFNL_SUBSYS_CTNETLINK = 1 << 8;
  private static final int IPCTNL_MSG_CT_NEW = NFNL_SUBSYS_CTNETLINK;
  private static final int IPCTNL_MSG_CT_DELETE = NFNL_SUBSYS_CTNETLINK | 2;
  private static final int NLM_F_EXCL = 0x200;
  private static final int NLM_F_CREATE = 0x400;

  private static final int CTA_TUPLE_ORIG = 1;
  private static final int CTA_TUPLE_REPLY = 2;
  private static final int CTA_STATUS = 3;
  private static final int CTA_PROTOINFO = 4;
  private static final int CTA_TIMEOUT = 7;
  private static final int CTA_MARK = 8;
  private static final int CTA_ZONE = 18;
  private static final int CTA_TUPLE_IP = 1;
  private static final int CTA_TUPLE_PROTO = 2;
  private static final int CTA_TUPLE_ZONE = 3;
  private static final int CTA_IP_V4_SRC = 1;
  private static final int CTA_IP_V4_DST = 2;
  private static final int CTA_IP_V6_SRC = 3;
  private static final int CTA_IP_V6_DST = 4;
  private static final int CTA_PROTO_NUM = 1;
  private static final int CTA_PROTO_SRC_PORT = 2;
  private static final int CTA_PROTO_DST_PORT = 3;
  private static final int CTA_PROTO_ICMP_ID = 4;
  private static final int CTA_PROTO_ICMPV6_ID = 7;
  private static final int CTA_PROTOINFO_TCP = 1;
  private static final int CTA_PROTOINFO_TCP_STATE = 1;
  private static final int CTA_PROTOINFO_SCTP = 3;
  private static final int CTA_PROTOINFO_SCTP_STATE = 1;
  private static final int CTA_PROTOINFO_SCTP_VTAG_ORIGINAL = 2;
  private static final int CTA_PROTOINFO_SCTP_VTAG_REPLY = 3;

  private FlowMessage() {}

  /** What to do with a flow. */
  enum Request {
    CREATE("creating", IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL),
    UPDATE("updating", IPCTNL_MSG_CT_NEW, 0),
    DELETE("deleting", IPCTNL_MSG_CT_DELETE, 0);

    final String participle;
    private final int type;
    private final int flags;

    Request(String participle, int type, int flags) {
      this.participle = participle;
      this.type = type;
      this.flags = flags;
    }
  }

  /** Adds the request to the batch, which has room for {@link #MAX_BYTES}. */
  static void put(NetlinkBatch out, Request request, int sequence, SyntheticFlow flow) {
    out.beginMessage(request.type, request.flags, sequence);
    out.putFamily(flow.original().isIpv4() ? AF_INET : AF_INET6);
    putTuple(out, CTA_TUPLE_ORIG, flow.original(), zoneOf(flow, ZoneDirection.ORIGINAL));
    int zone = zoneOf(flow, ZoneDirection.BOTH);
    if (zone != 0) {
      out.putShort(CTA_ZONE, zone);
    }
    if (request != Request.DELETE) {
      putTuple(out, CTA_TUPLE_REPLY, flow.reply(), zoneOf(flow, ZoneDirection.REPLY));
      putState(out, flow);
      out.putInt(CTA_STATUS, flow.status());
      out.putInt(CTA_TIMEOUT, flow.timeoutSeconds());
      out.putInt(CTA_MARK, flow.mark());
    }
    out.endMessage();
  }

  private static int zoneOf(SyntheticFlow flow, ZoneDirection direction) {
    return flow.zoneDirection() == direction ? flow.zone() : 0;
  }

  private static void putTuple(NetlinkBatch out, int type, Tuple tuple, int zone) {
    int nest = out.beginNest(type);
    int ip = out.beginNest(CTA_TUPLE_IP);
    out.putAddress(tuple.isIpv4() ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, tuple.source().getAddress());
    out.putAddress(
        tuple.isIpv4() ? CTA_IP_V4_DST : CTA_IP_V6_DST, tuple.destination().getAddress());
    out.endNest(ip);
    int proto = out.beginNest(CTA_TUPLE_PROTO);
    putProtocol(out, tuple);
    out.endNest(proto);
    if (zone != 0) {
      out.putShort(CTA_TUPLE_ZONE, zone);
    }
    out.endNest(nest);
  }

  private static void putProtocol(NetlinkBatch out, Tuple tuple) {
    out.putByte(CTA_PROTO_NUM, tuple.protocol());
    switch (tuple.protocol()) {
      case Tuple.ICMP -> putIcmp(out, CTA_PROTO_ICMP_ID, tuple);
      case Tuple.ICMPV6 -> putIcmp(out, CTA_PROTO_ICMPV6_ID, tuple);
      default -> {
        out.putShort(CTA_PROTO_SRC_PORT, tuple.sourcePort());
        out.putShort(CTA_PROTO_DST_PORT, tuple.destinationPort());
      }
    }
  }

  /** In both families the type has the number after the id's, and the code the one after that. */
  private static void putIcmp(NetlinkBatch out, int idType, Tuple tuple) {
    out.putShort(idType, tuple.sourcePort());
    out.putByte(idType + 1, tuple.destinationPort() >> 8);
    out.putByte(idType + 2, tuple.destinationPort());
  }

  private static void putState(NetlinkBatch out, SyntheticFlow flow) {
    if (flow.state().isPresent()) {
      int protoinfo = out.beginNest(CTA_PROTOINFO);
      int tcp = out.beginNest(CTA_PROTOINFO_TCP);
      out.putByte(CTA_PROTOINFO_TCP_STATE, flow.state().get().number());
      out.endNest(tcp);
      out.endNest(protoinfo);
    }
    if (flow.sctpState().isPresent()) {
      int protoinfo = out.beginNest(CTA_PROTOINFO);
      int sctp = out.beginNest(CTA_PROTOINFO_SCTP);
      out.putByte(CTA_PROTOINFO_SCTP_STATE, flow.sctpState().get().number());
      out.putInt(CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, 1);
      out.putInt(CTA_PROTOINFO_SCTP_VTAG_REPLY, 2);
      out.endNest(sctp);
      out.endNest(protoinfo);
    }
  }
}
