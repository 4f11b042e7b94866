package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_GLOBAL_ENTRIES;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_GLOBAL_MAX_ENTRIES;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_GET_STATS;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_GET_STATS_CPU;
import static io.conntrack.ffm.generated.Netfilter.NFNL_SUBSYS_CTNETLINK;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.message.MessageWalk;
import io.conntrack.ffm.message.Netlink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Collects what the answers to the two requests of {@link StatisticsQuery} tell, and keeps what the
 * kernel said of a request itself. An attribute that has not the length of a counter tells nothing.
 * Belongs to the thread of its arena.
 */
final class StatisticsWalk implements MessageWalk.Visitor {
  static final int TABLE = (NFNL_SUBSYS_CTNETLINK() << 8) | IPCTNL_MSG_CT_GET_STATS();
  static final int CPU = (NFNL_SUBSYS_CTNETLINK() << 8) | IPCTNL_MSG_CT_GET_STATS_CPU();

  private static final int PAYLOAD = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
  private static final long CPU_NUMBER = Netlink.HEADER_BYTES + nfgenmsg.res_id$offset();

  private final MessageWalk walk;
  private final Map<Integer, Map<KernelCounter, Long>> counters = new HashMap<>();
  private OptionalLong entries = OptionalLong.empty();
  private OptionalLong limit = OptionalLong.empty();
  private boolean done;
  private boolean malformed;
  private int refusal;

  StatisticsWalk(Arena arena, MemorySegment messages) {
    this.walk = new MessageWalk(arena, messages, this);
  }

  /** Forgets everything that earlier answers told. */
  void clear() {
    counters.clear();
    entries = OptionalLong.empty();
    limit = OptionalLong.empty();
  }

  /** To be called before the first datagram of an answer. */
  void beginAnswer() {
    done = false;
    malformed = false;
    refusal = 0;
  }

  /**
   * Takes a datagram of an answer. Returns 0, or the errno with which the kernel refused the
   * request, or that of {@link MessageWalk#run}.
   */
  int run(long lengthBytes, int sequence, int portId) {
    int errno = walk.run(lengthBytes, sequence, portId);
    return errno != 0 ? errno : refusal;
  }

  /** Whether the answer's end was met, or the kernel refused the request. */
  boolean isDone() {
    return done;
  }

  /** Whether a message of the answer was too short, or had an attribute that does not lie in it. */
  boolean isMalformed() {
    return malformed;
  }

  /** See {@link MessageWalk#endBytes}. */
  long endBytes() {
    return walk.endBytes();
  }

  KernelStatistics statistics() {
    return new KernelStatistics(entries, limit, counters);
  }

  @Override
  public boolean visit(MemorySegment messages, long message) {
    int type = Netlink.type(messages, message);
    int lengthBytes = Netlink.lengthBytes(messages, message);
    if (Netlink.endsAnswer(messages, message)) {
      refusal = Netlink.refusal(messages, message);
      done = true;
      return false;
    }
    if (type != TABLE && type != CPU) {
      return true;
    }
    if (lengthBytes < PAYLOAD) {
      malformed = true;
      return false;
    }
    Map<Integer, Long> values = values(messages, message + PAYLOAD, message + lengthBytes);
    if (type == TABLE) {
      table(values);
    } else {
      cpu(Netlink.networkShort(messages, message + CPU_NUMBER), values);
    }
    return !malformed;
  }

  /** The numbers of the attributes, by the attributes' types. */
  private Map<Integer, Long> values(MemorySegment messages, long start, long end) {
    Map<Integer, Long> values = new HashMap<>();
    for (long at = start; Netlink.hasAttribute(at, end); at = Netlink.next(messages, at)) {
      if (!Netlink.fits(messages, at, end, 0)) {
        malformed = true;
        return values;
      }
      long payload = Netlink.payload(at);
      if (Netlink.end(messages, at) - payload == Integer.BYTES) {
        long value = Integer.toUnsignedLong(Netlink.networkInt(messages, payload));
        values.put(Netlink.attributeType(messages, at), value);
      }
    }
    return values;
  }

  /** The kernel answers with this one message, and sends no end after it. */
  private void table(Map<Integer, Long> values) {
    entries = optional(values.get(CTA_STATS_GLOBAL_ENTRIES()));
    limit = optional(values.get(CTA_STATS_GLOBAL_MAX_ENTRIES()));
    done = true;
  }

  private static OptionalLong optional(Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private void cpu(int number, Map<Integer, Long> values) {
    Map<KernelCounter, Long> told = new EnumMap<>(KernelCounter.class);
    for (KernelCounter counter : KernelCounter.values()) {
      Long value = values.get(counter.attribute);
      if (value != null) {
        told.put(counter, value);
      }
    }
    counters.put(number, told);
  }
}
