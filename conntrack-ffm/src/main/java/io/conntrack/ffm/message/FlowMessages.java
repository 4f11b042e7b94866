package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_DELETE;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_NEW;
import static io.conntrack.ffm.generated.Netfilter.NFNL_SUBSYS_CTNETLINK;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_CREATE;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_EXCL;

import java.lang.foreign.MemorySegment;

/** Which ctnetlink messages tell of a flow, and of what kind. */
public final class FlowMessages {
  private static final int NEW_OR_UPDATE = (NFNL_SUBSYS_CTNETLINK() << 8) | IPCTNL_MSG_CT_NEW();
  private static final int DESTROY = (NFNL_SUBSYS_CTNETLINK() << 8) | IPCTNL_MSG_CT_DELETE();
  private static final int CREATED = NLM_F_CREATE() | NLM_F_EXCL();

  private FlowMessages() {}

  public static boolean isFlow(MemorySegment messages, long message) {
    int type = Netlink.type(messages, message);
    return type == NEW_OR_UPDATE || type == DESTROY;
  }

  /** Whether it tells of a flow, and not as part of a dump that has failed. */
  public static boolean isEvent(MemorySegment messages, long message) {
    return isFlow(messages, message)
        && (Netlink.flags(messages, message) & Netlink.DUMP_INTERRUPTED) == 0;
  }

  /** The record's kind. The kernel marks a new flow by flags: ctnetlink_conntrack_event. */
  static int kind(MemorySegment messages, long message) {
    if (Netlink.type(messages, message) == DESTROY) {
      return FlowRecord.DESTROY;
    }
    boolean created = (Netlink.flags(messages, message) & CREATED) != 0;
    return created ? FlowRecord.NEW : FlowRecord.UPDATE;
  }
}
