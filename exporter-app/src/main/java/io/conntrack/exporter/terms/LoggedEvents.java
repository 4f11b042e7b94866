package io.conntrack.exporter.terms;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Which connection events are logged, and how. Immutable.
 *
 * @param format NONE if no events are logged
 * @param types one or more
 * @param sampleOf of so many flows one is logged, with all its events; 1 for all
 */
public record LoggedEvents(EventLogFormat format, Set<Type> types, int sampleOf) {
  /** What an event tells: a flow is new, has changed, or has ended. */
  public enum Type {
    NEW,
    UPDATE,
    DESTROY
  }

  public static final LoggedEvents NONE = all(EventLogFormat.NONE);

  public LoggedEvents {
    types = Collections.unmodifiableSet(EnumSet.copyOf(types));
  }

  /** All events of all flows. */
  public static LoggedEvents all(EventLogFormat format) {
    return new LoggedEvents(format, EnumSet.allOf(Type.class), 1);
  }

  /** Whether the log tells of each flow that has ended how it was counted. */
  public boolean hasRecords() {
    return format == EventLogFormat.JSON && types.contains(Type.DESTROY);
  }
}
