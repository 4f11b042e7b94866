package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.CTA_STATUS;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_GET;
import static io.conntrack.ffm.generated.Netfilter.IPS_HW_OFFLOAD;
import static io.conntrack.ffm.generated.Netfilter.IPS_OFFLOAD;
import static io.conntrack.ffm.generated.Netfilter.NFNL_SUBSYS_CTNETLINK;

import io.conntrack.ffm.message.FlowMessages;
import io.conntrack.ffm.message.MessageWalk;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import java.lang.foreign.MemorySegment;

/**
 * What one dump of the connection tracking table of this network namespace says of all flows.
 *
 * @param flows of every protocol, both address families
 * @param offloaded those of them that a flowtable forwards, past connection tracking
 */
public record TableSurvey(long flows, long offloaded) {

  /** Reads the whole table on the calling thread: one to two microseconds a flow. */
  public static TableSurvey take() throws ConntrackException {
    Counter counter =
        NetfilterDump.read(
            "The conntrack dump", NFNL_SUBSYS_CTNETLINK(), IPCTNL_MSG_CT_GET(), Counter::new);
    return new TableSurvey(counter.flows, counter.offloaded);
  }

  /** Counts the messages of one dump. */
  static final class Counter implements MessageWalk.Visitor {
    long flows;
    long offloaded;

    @Override
    public boolean visit(MemorySegment messages, long message) {
      if (FlowMessages.isFlow(messages, message)) {
        flows++;
        offloaded += (status(messages, message) & (IPS_OFFLOAD() | IPS_HW_OFFLOAD())) == 0 ? 0 : 1;
      }
      return true;
    }

    /** The bits of {@code enum ip_conntrack_status}, or 0 if the message does not tell them. */
    static int status(MemorySegment messages, long message) {
      long end = message + Netlink.lengthBytes(messages, message);
      long status = Netlink.find(messages, message + NetfilterDump.ATTRIBUTES, end, CTA_STATUS());
      return status != end && Netlink.fits(messages, status, end, Integer.BYTES)
          ? Netlink.networkInt(messages, Netlink.payload(status))
          : 0;
    }
  }
}
