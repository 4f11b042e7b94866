package io.conntrack.exporter.reading;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.exporter.terms.LogLimit;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import org.tinylog.Logger;

/**
 * What the log tells of reading one network namespace: each thing once a minute, with the remedy.
 * Belongs to the reading thread.
 */
final class LoopLog {
  private final LogLimit overruns = new LogLimit();
  private final LogLimit dumpFailures = new LogLimit();
  private final LogLimit resizes = new LogLimit();
  private final LogLimit zeroings = new LogLimit();
  private final LogLimit fullTables = new LogLimit();
  private final LogLimit manyEndpoints = new LogLimit();
  private final LogLimit manySources = new LogLimit();

  /** What a line begins with. */
  private final String where;

  LoopLog(NetworkNamespace namespace) {
    this.where = namespace.isOwn() ? "" : namespace + ": ";
  }

  /** The kernel has dropped events. */
  void overrun(long nowMs) {
    if (overruns.allows(nowMs)) {
      Logger.warn(
          "{}Events came faster than the exporter could read them, and the kernel dropped"
              + " some. A resync follows. If this happens often, a larger --netlink-buffer helps",
          where);
    }
  }

  /** A dump was not complete. */
  void dumpFailure(ConntrackException failure, long nowMs) {
    if (dumpFailures.allows(nowMs)) {
      Logger.warn("{}{}. A new resync follows", where, failure.getMessage());
    }
  }

  /** The kernel's hash table was resized while a dump walked it. */
  void resized(long nowMs) {
    if (resizes.allows(nowMs)) {
      Logger.info(
          "{}The kernel's hash table was resized (nf_conntrack_buckets) while it was read. No flow is"
              + " removed for that; a new resync follows",
          where);
    }
  }

  /** Counters of so many flows went back. */
  void zeroed(long flows, long nowMs) {
    if (flows > 0 && zeroings.allows(nowMs)) {
      Logger.warn(
          "{}Byte counters in the kernel went back (flows: {}). Another program zeroes them, as"
              + " conntrack -L -z and nlbwmon do. Bytes since the last resync before that are not"
              + " counted",
          where,
          flows);
    }
  }

  /**
   * To be called after each clean resync, unless another follows to make up for what is untracked.
   *
   * @param untrackedFlows flows that found no room
   * @param tracker knows whether endpoints and sources found any
   */
  void bounds(long untrackedFlows, FlowTracker tracker, long nowMs) {
    if (untrackedFlows > 0 && fullTables.allows(nowMs)) {
      Logger.warn(
          "{}The exporter's flow table is full. Flows that no gauge counts: {}. A larger"
              + " --max-flows has room for them",
          where,
          untrackedFlows);
    }
    if (tracker.isOverflowing() && manyEndpoints.allows(nowMs)) {
      Logger.warn(
          "{}There are more remote endpoints than --max-endpoints allows. The rest is"
              + " summed under host=\"other\". A larger --max-endpoints shows more of them."
              + " --ignore-hosts leaves networks out. --rules can show a network as one",
          where);
    }
    sources(tracker, nowMs);
  }

  private void sources(FlowTracker tracker, long nowMs) {
    if (tracker.areSourcesOverflowing() && manySources.allows(nowMs)) {
      Logger.warn(
          "{}There are more sources than --max-sources allows. The rest is summed under"
              + " source=\"other\". A larger --max-sources shows more of them. --rules can show a"
              + " network as one",
          where);
    }
  }

  /** Groups of the rules that have no series at zero. */
  void groupsLeft(int left, int maxEndpoints) {
    if (left > 0) {
      Logger.warn(
          "{} series of groups of --rules are not shown while they have no connection:"
              + " --max-endpoints={} has room for half as many at zero, and so has --max-sources",
          left,
          maxEndpoints);
    }
  }
}
