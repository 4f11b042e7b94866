package io.conntrack.aggregator.census;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.state.TableFlag;

/**
 * Finds flows without a reply that are sent to all the same, for more than a minute: of UDP and
 * ICMP, where the kernel keeps a flow as long as packets come.
 *
 * <p>Each packet sets the time at which the kernel would forget the flow, its deadline, anew, and
 * as far ahead as the last one did. So between the last packet before the first dump and the last
 * one before this dump is just the time that the deadline has moved, whenever the dumps were. The
 * first deadline is kept of each flow that has no reply, and of no other. Belongs to the reader.
 */
public final class SilentFlows implements AutoCloseable {
  /** Flows that are sent to for longer are told. */
  public static final int LONGEST_S = 60;

  private static final int ICMP = 1;
  private static final int UDP = 17;
  private static final int ICMPV6 = 58;
  private static final int MARK_UDP = 1;
  private static final int MARK_ICMP = 2;

  /** Takes what finds a flow in the table of flows, and the number of its protocol. */
  @FunctionalInterface
  public interface Taker {
    void take(long hash, int protocol);
  }

  private long mostFlows;

  /** Null until there is a flow without a reply. */
  private NumberTable deadlines;

  public SilentFlows(long mostFlows) {
    this.mostFlows = mostFlows;
  }

  public void limit(long others) {
    mostFlows = others;
    if (deadlines != null) {
      deadlines.limit(others);
    }
  }

  /** A dump begins. */
  public void begin() {
    if (deadlines != null) {
      deadlines.begin();
    }
  }

  /** A dump shows a flow, at a time of a clock that does not jump. */
  public void take(Flow flow, long hash, int nowS) {
    if (!TableFlag.UNREPLIED.isIn(flow.status) || !lastsByPackets(flow.protocol)) {
      return;
    }
    if (deadlines == null) {
      deadlines = new NumberTable(mostFlows);
    }
    int deadlineS = nowS + flow.timeoutSeconds;
    long slot = deadlines.find(hash);
    if (slot == NumberTable.NO_SLOT) {
      deadlines.add(hash, deadlineS);
    } else {
      int firstS = deadlines.number(slot);
      boolean silent = deadlineS - firstS > LONGEST_S;
      deadlines.show(slot, firstS, silent ? mark(flow.protocol) : 0);
    }
  }

  private static boolean lastsByPackets(int protocol) {
    return protocol == UDP || protocol == ICMP || protocol == ICMPV6;
  }

  private static int mark(int protocol) {
    return protocol == UDP ? MARK_UDP : MARK_ICMP;
  }

  /** The dump is complete. Tells the flows that are sent to and not answered. ICMPv6 is ICMP. */
  public void end(Taker taker) {
    if (deadlines == null) {
      return;
    }
    deadlines.end();
    for (long slot = 0; slot < deadlines.slots(); slot++) {
      int mark = deadlines.mark(slot);
      if (mark > 0) {
        taker.take(deadlines.hash(slot), mark == MARK_UDP ? UDP : ICMP);
      }
    }
  }

  @Override
  public void close() {
    if (deadlines != null) {
      deadlines.close();
    }
  }
}
