package io.conntrack.exporter.reading;

import java.util.Map;

/**
 * What the reader did since it started. Immutable; made by the reader, read by HTTP threads.
 *
 * @param events what came through the event socket
 * @param resyncs how many resyncs were begun for each reason; a reason that is absent is none
 * @param lastResync the last resync that ended clean
 * @param removals flows that a dump lacked, and that stayed since it may have lacked others too
 * @param zeroed flows whose counters in the kernel went back
 * @param health whether all this can be trusted
 * @param endpoints how the budget of endpoints was used
 * @param receiveBufferBytes of the event socket, as the kernel gave it
 */
public record ReaderStatistics(
    Events events,
    Map<ResyncReason, Long> resyncs,
    Resync lastResync,
    Removals removals,
    long zeroed,
    Health health,
    Endpoints endpoints,
    long receiveBufferBytes) {

  public ReaderStatistics {
    resyncs = Map.copyOf(resyncs);
  }

  /**
   * Messages of the event socket, that is, what passed its filter.
   *
   * @param created messages of type NEW
   * @param updated messages of type UPDATE
   * @param destroyed messages of type DESTROY
   * @param undecodable messages, of events and dumps, that were no well-formed flow
   * @param overruns how often the kernel said that it dropped events
   * @param lost how many it dropped
   * @param unlogged how many were not written to the event log
   */
  public record Events(
      long created,
      long updated,
      long destroyed,
      long undecodable,
      long overruns,
      long lost,
      long unlogged) {}

  /**
   * A resync that ended clean.
   *
   * @param endedUnixMs when, on the wall clock
   * @param durationNs from the first dump request to the sweep
   * @param added flows that were in the kernel's table only
   * @param changed flows whose state or endpoint was corrected
   * @param removed flows that were in our table only
   */
  public record Resync(long endedUnixMs, long durationNs, long added, long changed, long removed) {}

  /**
   * Flows that were not removed though a dump lacked them.
   *
   * @param putOff how many
   * @param averted how many of these a later dump has shown: they were never gone
   */
  public record Removals(long putOff, long averted) {}

  /**
   * How the reader is.
   *
   * @param inSync whether no event was lost since the last resync that ended clean
   * @param nsSinceResync how long ago that was, by a clock that does not jump
   * @param failures how often the reader failed, and began anew
   */
  public record Health(boolean inSync, long nsSinceResync, long failures) {}

  /**
   * The budget of endpoints.
   *
   * @param limit how many there may be, beside {@code other}
   * @param movedIn how many got series of their own since they were in {@code other}
   * @param movedOut how many lost theirs to {@code other}
   */
  public record Endpoints(int limit, long movedIn, long movedOut) {}
}
