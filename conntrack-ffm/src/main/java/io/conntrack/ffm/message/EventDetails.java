package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.NFCT_OF_SHOW_LAYER3;
import static io.conntrack.ffm.generated.Netfilter.NFCT_OF_TIME;
import static io.conntrack.ffm.generated.Netfilter.NFCT_OF_TIMESTAMP;
import static io.conntrack.ffm.generated.Netfilter.NFCT_O_DEFAULT;
import static io.conntrack.ffm.generated.Netfilter.NFCT_T_ALL;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * All that one event's message tells, for a log. The message is parsed again, because counting
 * takes only a part of it.
 *
 * <p>Belongs to the thread that made it. Slow beside a {@link WireDecoder}, and makes garbage.
 */
public final class EventDetails implements AutoCloseable {
  /**
   * The message does not tell when the event was: the kernel is older than 6.14, or not asked to.
   */
  public static final long NO_TIME = 0;

  private static final int TEXT_BYTES = 4096;

  /** Confined: C writes the text that this thread reads. */
  private final Arena arena = Arena.ofConfined();

  private final MemorySegment text = arena.allocate(TEXT_BYTES);
  private final MemorySegment record = arena.allocate(FlowRecord.LAYOUT);
  private final WireDecoder decoder = new WireDecoder();
  private final FlowExtras extras = new FlowExtras();
  private MemorySegment message;

  public EventDetails() {}

  /**
   * Reads the event of this {@code message}, which must stay until the next read. Returns false if
   * the message is no flow, or must not be given to the library. Then there is nothing to ask for
   * until the next read.
   */
  public boolean read(MemorySegment message) {
    boolean readable =
        MessageCheck.passes(message)
            && decoder.decode(message, 0, (int) message.byteSize(), record, 0);
    this.message = readable ? message : null;
    return readable;
  }

  /** The event's flow: a {@link FlowRecord} at offset 0. */
  public MemorySegment record() {
    return record;
  }

  /** When the event was, in nanoseconds since 1970 by the kernel's clock, or {@link #NO_TIME}. */
  public long timeUnixNs() {
    return extras().eventUnixNs();
  }

  /** What the message tells beside the record. The same object each time. */
  public FlowExtras extras() {
    extras.read(message, 0, (int) message.byteSize());
    return extras;
  }

  /** The flow as {@code conntrack -E} writes it, with the network layer: nfct_snprintf. */
  public String text() {
    MemorySegment flow = Netfilter.nfct_new();
    if (flow.equals(MemorySegment.NULL)) {
      throw new OutOfMemoryError("nfct_new() has no memory");
    }
    try {
      Netfilter.nfct_nlmsg_parse(message, flow);
      int flags = NFCT_OF_SHOW_LAYER3() | NFCT_OF_TIME() | NFCT_OF_TIMESTAMP();
      Netfilter.nfct_snprintf(text, TEXT_BYTES, flow, NFCT_T_ALL(), NFCT_O_DEFAULT(), flags);
      return text.getString(0);
    } finally {
      Netfilter.nfct_destroy(flow);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
