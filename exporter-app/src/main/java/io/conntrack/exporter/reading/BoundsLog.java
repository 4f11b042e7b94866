package io.conntrack.exporter.reading;

import io.conntrack.exporter.terms.LogLimit;
import org.tinylog.Logger;

/** Says in the log, once a minute each, what the bounds leave out, with the remedy. One thread. */
final class BoundsLog {
  private final LogLimit flowsLog = new LogLimit();
  private final LogLimit endpointsLog = new LogLimit();

  /**
   * To be called after each clean resync, unless another follows to make up for what is untracked.
   *
   * @param untrackedFlows flows that found no room
   * @param overflowing whether endpoints found none
   */
  void log(long untrackedFlows, boolean overflowing, long nowMs) {
    if (untrackedFlows > 0 && flowsLog.allows(nowMs)) {
      Logger.warn(
          "{} flows are in no gauge, since the flow table is full: a larger --max-flows has room for"
              + " them",
          untrackedFlows);
    }
    if (overflowing && endpointsLog.allows(nowMs)) {
      Logger.warn(
          "There are more remote endpoints than --max-endpoints allows: the connections of some are"
              + " summed under host=\"other\". A larger --max-endpoints shows more, --ignore-hosts"
              + " leaves out networks, and --rules shows them as one");
    }
  }
}
