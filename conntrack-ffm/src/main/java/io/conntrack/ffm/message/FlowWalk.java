package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.NLMSG_DONE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Decodes received ctnetlink messages into a {@link FlowBatch}, and keeps what the kernel said of
 * the request itself. Belongs to the thread of its arena.
 */
public final class FlowWalk implements MessageWalk.Visitor {
  private final FlowDecoder decoder;
  private final FlowBatch flows;
  private final MessageWalk walk;
  private long undecodable;
  private boolean done;
  private int refusal;

  /** {@code capacity}: how many flows one run can hold at most. */
  public FlowWalk(Arena arena, MemorySegment messages, int capacity, FlowDecoder decoder) {
    this.decoder = decoder;
    this.flows = new FlowBatch(arena, messages, capacity);
    this.walk = new MessageWalk(arena, messages, this);
  }

  public FlowBatch flows() {
    return flows;
  }

  /** Replaces the batch by the flows of this run; see {@link MessageWalk#run}. */
  public int run(long lengthBytes, int sequence, int portId) {
    flows.clear();
    done = false;
    refusal = 0;
    return walk.run(lengthBytes, sequence, portId);
  }

  @Override
  public boolean visit(MemorySegment messages, long message) {
    if (!FlowMessages.isFlow(messages, message)) {
      return control(messages, message);
    }
    if (!flows.isFull()
        && decoder.decode(
            messages,
            message,
            Netlink.lengthBytes(messages, message),
            flows.records(),
            flows.end())) {
      FlowRecord.message(flows.records(), flows.end(), message);
      flows.add();
    } else {
      undecodable++;
    }
    return true;
  }

  private boolean control(MemorySegment messages, long message) {
    if (!Netlink.endsAnswer(messages, message)) {
      return true;
    }
    refusal = Netlink.refusal(messages, message);
    done = Netlink.type(messages, message) == NLMSG_DONE();
    return false;
  }

  /** Whether the last run met the end of a dump. */
  public boolean isDone() {
    return done;
  }

  /**
   * The errno with which the kernel refused the request or ended the dump in the last run, or 0.
   */
  public int refusal() {
    return refusal;
  }

  /** See {@link MessageWalk#endBytes}. */
  public long endBytes() {
    return walk.endBytes();
  }

  /** How many messages since the last call were no flow that could be decoded. */
  public long takeUndecodable() {
    long since = undecodable;
    undecodable = 0;
    return since;
  }

  public void addUndecodable(int count) {
    undecodable += count;
  }
}
