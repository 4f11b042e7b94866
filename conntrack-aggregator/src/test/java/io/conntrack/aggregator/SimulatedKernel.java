package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a reader sees of the kernel's connection tracking: a table, a queue of events that overruns
 * as a netlink socket does, and dumps that walk the table while it changes.
 */
final class SimulatedKernel {
  private static final int BUCKETS = 3;

  enum Kind {
    NEW,
    UPDATE,
    DESTROY
  }

  /** A flow in the table. Silent ones are older than the listener and send no events. */
  record Tracked(int tuple, int variant, int tcpState, boolean silent, long changedAt) {
    Flow message() {
      return SimulatedFlows.flow(tuple, variant, tcpState);
    }

    Flow messageWithoutState() {
      return SimulatedFlows.flow(tuple, variant, Flow.NO_STATE);
    }
  }

  /** Its flow is as it was then. */
  record Event(Kind kind, Tracked flow, boolean withState) {
    Flow message() {
      return withState ? flow.message() : flow.messageWithoutState();
    }
  }

  /** What a receive gives: exactly one of the three is the case. */
  record Received(Event event, boolean overrun) {
    boolean empty() {
      return event == null && !overrun;
    }
  }

  private final Random random;
  private final int queueLimit;

  private final Map<Integer, Tracked> table = new TreeMap<>();
  private final Set<Integer> expired = new HashSet<>();

  private final Queue<Event> queue = new ArrayDeque<>();
  private boolean congested;
  private boolean overrunToTell;
  private long drops;
  private long untold;

  private int dumpBucket;
  private long dumpStartedAt;
  private long changes;

  SimulatedKernel(Random random, int queueLimit) {
    this.random = random;
    this.queueLimit = queueLimit;
  }

  Map<Integer, Tracked> table() {
    return table;
  }

  /** A packet of a tuple that has no flow, or one that expired, which is then collected first. */
  void create(int tuple, boolean silent) {
    if (expired.contains(tuple)) {
      destroy(tuple);
    }
    int variant = random.nextInt(SimulatedFlows.variants(tuple));
    table.put(tuple, new Tracked(tuple, variant, randomState(tuple), silent, ++changes));
    emit(Kind.NEW, table.get(tuple), true);
  }

  /** A packet that changes the state, if the protocol has any. */
  void change(int tuple) {
    if (!SimulatedFlows.hasStates(tuple)) {
      mark(tuple);
      return;
    }
    Tracked flow = table.get(tuple);
    int state = randomState(tuple);
    table.put(tuple, new Tracked(tuple, flow.variant, state, flow.silent, ++changes));
    emit(Kind.UPDATE, table.get(tuple), true);
  }

  /** A packet that changes something else, as the mark. */
  void mark(int tuple) {
    if (!table.get(tuple).silent) {
      emit(Kind.UPDATE, table.get(tuple), false);
    }
  }

  void destroy(int tuple) {
    expired.remove(tuple);
    emit(Kind.DESTROY, table.remove(tuple), random.nextBoolean());
  }

  /** The timer ran out; nobody notices before a collector, a packet or a dump comes by. */
  void expire(int tuple) {
    expired.add(tuple);
  }

  /** Whether packets can find the flow. */
  boolean isLive(int tuple) {
    return table.containsKey(tuple) && !expired.contains(tuple);
  }

  private int randomState(int tuple) {
    return SimulatedFlows.hasStates(tuple) ? random.nextInt(10) : Flow.NO_STATE;
  }

  /** As netlink_broadcast and netlink_overrun have it. */
  private void emit(Kind kind, Tracked flow, boolean withState) {
    if (flow.silent) {
      untold++;
    } else if (congested || queue.size() >= queueLimit) {
      overrunToTell |= !congested;
      congested = true;
      drops++;
      untold++;
    } else {
      queue.add(new Event(kind, flow, withState));
    }
  }

  /** As netlink_recvmsg has it: the error first, and congestion ends when the queue is empty. */
  Received receive() {
    Event event = overrunToTell ? null : queue.poll();
    Received received = new Received(event, overrunToTell);
    overrunToTell = false;
    congested &= !queue.isEmpty();
    return received;
  }

  /** Somebody listens from now on; what was told until now was told to nobody. */
  void subscribe() {
    queue.clear();
    congested = false;
    overrunToTell = false;
  }

  boolean queueEmpty() {
    return queue.isEmpty() && !overrunToTell;
  }

  /** Whether the queue holds events from before a loss, or just could not take one. */
  boolean overrunGoesOn() {
    return congested || overrunToTell;
  }

  long drops() {
    return drops;
  }

  /** Changes of which no event tells. */
  long untold() {
    return untold;
  }

  void requestDumps() {
    dumpBucket = 0;
    dumpStartedAt = changes;
  }

  boolean dumpsDone() {
    return dumpBucket == 2 * BUCKETS;
  }

  /**
   * The next batch: a bucket of the dump of IPv4, then of IPv6. It may come again. An entry may be
   * missed, but only if it changed meanwhile and an event told its state.
   */
  List<Tracked> dumpBatch() {
    List<Tracked> batch = new ArrayList<>();
    for (int tuple = 0; tuple < SimulatedFlows.tuples(); tuple++) {
      if (bucketOf(tuple) == dumpBucket) {
        if (expired.contains(tuple)) {
          destroy(tuple);
        } else if (table.containsKey(tuple) && !missed(table.get(tuple))) {
          batch.add(table.get(tuple));
        }
      }
    }
    dumpBucket += random.nextInt(4) == 0 ? 0 : 1;
    return batch;
  }

  private static int bucketOf(int tuple) {
    return tuple % BUCKETS + (SimulatedFlows.isIpv6(tuple) ? BUCKETS : 0);
  }

  private boolean missed(Tracked flow) {
    return flow.changedAt > dumpStartedAt && !flow.silent && random.nextInt(3) == 0;
  }
}
