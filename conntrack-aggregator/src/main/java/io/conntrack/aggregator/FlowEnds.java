package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import java.util.function.Consumer;

/**
 * Where a tracker tells how flows have ended. It tells only if the options ask for records; without
 * them it makes no garbage, with them the texts of hosts. Belongs to the reader.
 */
public final class FlowEnds {
  private final EndpointResolver resolver;
  private final FlowEnd last = new FlowEnd();
  private final FlowEnd untracked = new FlowEnd();
  private Consumer<FlowEnd> lostTaker = end -> {};

  FlowEnds(EndpointResolver resolver) {
    this.resolver = resolver;
  }

  /**
   * What is known of the flow of a DESTROY. The same objects each time.
   *
   * @param tracked whether the tracker was told of this DESTROY, and of none since
   */
  public FlowEnd of(Flow flow, boolean tracked) {
    FlowEnd end = tracked ? last : untracked;
    end.direction = resolver.path(flow).direction;
    return end;
  }

  /** From now on this takes what became of flows that ended without a DESTROY of their own. */
  public void tellLost(Consumer<FlowEnd> taker) {
    lostTaker = taker;
  }

  /** The place for what is known of the flow that ends now. */
  FlowEnd last() {
    return last;
  }

  /** The flow in that place has ended without its DESTROY. */
  void lost(FlowEnd.Cause cause) {
    last.cause = cause;
    lostTaker.accept(last);
  }
}
