package io.conntrack.exporter.eventlog;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.aggregator.state.Outcome;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A {@link FlowEnd} as it lies in an {@link EventRing}, at a multiple of eight bytes.
 *
 * <pre>
 *  offset  size  field
 *       0     1  cause            its number
 *       1     1  outcome          its column, or 255
 *       2     1  direction        its number, or 255
 *       3     1  hasTraffic       0 or 1
 *       4     2  hostBytes        0: no host
 *       8     8  setupNs
 *      16     8  durationNs
 *      24     8  receivedBytes
 *      32     8  receivedPackets
 *      40     8  sentBytes
 *      48     8  sentPackets
 *      56     n  host             in ASCII
 * </pre>
 */
final class EndRecord {
  /** An address of IPv6 with a port has 47 characters, the name of a group 63. */
  private static final int LONGEST_HOST = 64;

  private static final int CAUSE = 0;
  private static final int OUTCOME = 1;
  private static final int DIRECTION = 2;
  private static final int HAS_TRAFFIC = 3;
  private static final int HOST_BYTES = 4;
  private static final int SETUP = 8;
  private static final int DURATION = 16;
  private static final int RECEIVED_BYTES = 24;
  private static final int RECEIVED_PACKETS = 32;
  private static final int SENT_BYTES = 40;
  private static final int SENT_PACKETS = 48;
  private static final int HOST = 56;

  static final int MAX_BYTES = HOST + LONGEST_HOST;

  private static final byte NONE = -1;
  private static final Outcome[] OUTCOMES = new Outcome[Outcome.COUNT];

  static {
    for (Outcome outcome : Outcome.values()) {
      OUTCOMES[outcome.column] = outcome;
    }
  }

  private EndRecord() {}

  /** Returns how many bytes it takes. Makes no garbage. */
  static int write(FlowEnd end, MemorySegment memory, long at) {
    Outcome outcome = end.outcome;
    Direction direction = end.direction;
    memory.set(ValueLayout.JAVA_BYTE, at + CAUSE, (byte) end.cause.number);
    memory.set(ValueLayout.JAVA_BYTE, at + OUTCOME, outcome == null ? NONE : (byte) outcome.column);
    memory.set(
        ValueLayout.JAVA_BYTE, at + DIRECTION, direction == null ? NONE : (byte) direction.number);
    memory.set(ValueLayout.JAVA_BYTE, at + HAS_TRAFFIC, (byte) (end.hasTraffic ? 1 : 0));
    memory.set(ValueLayout.JAVA_LONG, at + SETUP, end.setupNs);
    memory.set(ValueLayout.JAVA_LONG, at + DURATION, end.durationNs);
    memory.set(ValueLayout.JAVA_LONG, at + RECEIVED_BYTES, end.receivedBytes);
    memory.set(ValueLayout.JAVA_LONG, at + RECEIVED_PACKETS, end.receivedPackets);
    memory.set(ValueLayout.JAVA_LONG, at + SENT_BYTES, end.sentBytes);
    memory.set(ValueLayout.JAVA_LONG, at + SENT_PACKETS, end.sentPackets);
    int hostBytes = end.host == null ? 0 : Math.min(LONGEST_HOST, end.host.length());
    memory.set(ValueLayout.JAVA_SHORT, at + HOST_BYTES, (short) hostBytes);
    for (int i = 0; i < hostBytes; i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + HOST + i, (byte) end.host.charAt(i));
    }
    return HOST + hostBytes;
  }

  /** How many bytes the one takes that was written there. */
  static int bytes(MemorySegment memory, long at) {
    return HOST + memory.get(ValueLayout.JAVA_SHORT, at + HOST_BYTES);
  }

  static void read(MemorySegment memory, long at, FlowEnd end) {
    byte outcome = memory.get(ValueLayout.JAVA_BYTE, at + OUTCOME);
    byte direction = memory.get(ValueLayout.JAVA_BYTE, at + DIRECTION);
    end.cause = FlowEnd.Cause.ofNumber(memory.get(ValueLayout.JAVA_BYTE, at + CAUSE));
    end.outcome = outcome == NONE ? null : OUTCOMES[outcome];
    end.direction = direction == NONE ? null : Direction.ofNumber(direction);
    end.hasTraffic = memory.get(ValueLayout.JAVA_BYTE, at + HAS_TRAFFIC) != 0;
    end.setupNs = memory.get(ValueLayout.JAVA_LONG, at + SETUP);
    end.durationNs = memory.get(ValueLayout.JAVA_LONG, at + DURATION);
    end.receivedBytes = memory.get(ValueLayout.JAVA_LONG, at + RECEIVED_BYTES);
    end.receivedPackets = memory.get(ValueLayout.JAVA_LONG, at + RECEIVED_PACKETS);
    end.sentBytes = memory.get(ValueLayout.JAVA_LONG, at + SENT_BYTES);
    end.sentPackets = memory.get(ValueLayout.JAVA_LONG, at + SENT_PACKETS);
    int hostBytes = memory.get(ValueLayout.JAVA_SHORT, at + HOST_BYTES);
    byte[] host = new byte[hostBytes];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at + HOST, host, 0, hostBytes);
    end.host = hostBytes == 0 ? null : new String(host, US_ASCII);
  }
}
