package io.conntrack.exporter.eventlog;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.KeyedHash;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.ffm.message.FlowRecord;
import java.util.stream.LongStream;

/**
 * Which events are logged: those of some types, of all flows or of one in so many.
 *
 * <p>The hash that chooses a flow has no secret. So all events of a flow are logged, or none, also
 * after a restart and on each host that the flow passes without NAT. Belongs to one thread.
 */
public final class EventChoice {
  private static final int KEYS = 12;

  private final KeyedHash hash =
      new KeyedHash(LongStream.rangeClosed(1, KEYS).map(KeyedHash::mixed).toArray());

  private final boolean[] kinds = new boolean[FlowRecord.DESTROY + 1];
  private final int sampleOf;

  EventChoice(LoggedEvents options) {
    kinds[FlowRecord.NEW] = options.types().contains(LoggedEvents.Type.NEW);
    kinds[FlowRecord.UPDATE] = options.types().contains(LoggedEvents.Type.UPDATE);
    kinds[FlowRecord.DESTROY] = options.types().contains(LoggedEvents.Type.DESTROY);
    sampleOf = options.sampleOf();
  }

  /** Whether events of this {@link FlowRecord#kind} are logged. */
  public boolean hasKind(int kind) {
    return kinds[kind];
  }

  /** Whether the flow is one of those that are logged. */
  public boolean hasFlow(Flow flow) {
    return sampleOf == 1 || Long.remainderUnsigned(hash.ofFlow(flow), sampleOf) == 0;
  }
}
