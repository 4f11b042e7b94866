package io.conntrack.ffm.socket;

import io.conntrack.ffm.message.FlowWalk;
import io.conntrack.ffm.message.WireDecoder;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Libraries;
import java.lang.foreign.Arena;

/**
 * The buffers into which all sockets of one thread receive, in any network namespace. One set is
 * enough, because what was received is taken before the next receive. So a socket costs next to no
 * memory.
 *
 * <p>Belongs to the thread that made it, and is to be closed after the sockets.
 */
public final class ReceiveBuffers implements AutoCloseable {
  /** Events a batch. More gain nothing measurable: the call is shared by 64 already. */
  static final int EVENTS = 64;

  private static final int ADDRESSES_BYTES = 32768;

  /** Confined: C writes what this thread reads, between two receives. */
  private final Arena arena = Arena.ofConfined();

  final DatagramBatch events = new DatagramBatch(arena, EVENTS, EventSocket.MAX_MESSAGE_BYTES);
  final FlowWalk flows = new FlowWalk(arena, events.messages(), EVENTS, new WireDecoder());
  final DatagramBatch addresses = new DatagramBatch(arena, 1, ADDRESSES_BYTES);
  final AddressWalk addressWalk = new AddressWalk(arena, addresses.messages());

  public ReceiveBuffers() throws ConntrackException {
    Libraries.require();
  }

  @Override
  public void close() {
    arena.close();
  }
}
