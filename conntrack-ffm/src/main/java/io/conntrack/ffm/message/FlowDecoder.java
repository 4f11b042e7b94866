package io.conntrack.ffm.message;

import java.lang.foreign.MemorySegment;

/**
 * Turns one ctnetlink message into one {@link FlowRecord}.
 *
 * <p>Two decoders make the same record of the same message: {@link WireDecoder} runs, {@link
 * LibraryDecoder} is the reference that it is tested against.
 */
public interface FlowDecoder {
  /**
   * Decodes the message of {@code lengthBytes} at {@code message} into the record at {@code
   * record}.
   *
   * @param messages native memory that holds the whole message; the lengths inside it are not
   *     trusted
   * @param message where its netlink header begins
   * @param lengthBytes at least a netlink header, and within {@code messages}
   * @return false if this is not a flow that can be told by its tuples: then the record is
   *     undefined
   */
  boolean decode(
      MemorySegment messages, long message, int lengthBytes, MemorySegment records, long record);
}
