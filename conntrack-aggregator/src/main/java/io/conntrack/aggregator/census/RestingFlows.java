package io.conntrack.aggregator.census;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.concurrent.TimeUnit;

/**
 * Until when the flows of a dump stay as it showed them, unless an event tells otherwise. The
 * kernel sends no event when the time of a flow runs out, but only when it collects the flow, up to
 * a minute later. Belongs to the reader.
 *
 * <p>The time that is left of an open flow is a lower bound: packets put it off, without an event.
 * TCP shortens it without an event too, where data is not acknowledged, but not to less than {@link
 * #LONGEST_MS} by default. All other states are left by themselves, and not each of their timeouts
 * is told. So no other flow rests.
 */
public final class RestingFlows {
  /** nf_conntrack_tcp_timeout_unacknowledged, and nf_conntrack_tcp_timeout_max_retrans. */
  public static final long LONGEST_MS = TimeUnit.SECONDS.toMillis(300);

  private long beganMs;
  private long untilMs;
  private long lastUntilMs = Long.MIN_VALUE;

  /** A dump begins: no entry of it is older. */
  public void begin(long nowMs) {
    beganMs = nowMs;
    untilMs = nowMs + LONGEST_MS;
    lastUntilMs = Long.MIN_VALUE;
  }

  /** The dump shows a flow. One that a flowtable has tells neither its state nor its time. */
  public void take(Flow flow) {
    boolean rests = !flow.offloaded && ConnectionState.ofTcp(flow.tcpState) == ConnectionState.OPEN;
    long leftMs = rests ? TimeUnit.SECONDS.toMillis(flow.timeoutSeconds) : 0;
    untilMs = Math.min(untilMs, beganMs + leftMs);
  }

  /** The dump is complete. */
  public void end() {
    lastUntilMs = untilMs;
  }

  /** Of the last dump, if it is complete. */
  public boolean areAt(long nowMs) {
    return nowMs < lastUntilMs;
  }
}
