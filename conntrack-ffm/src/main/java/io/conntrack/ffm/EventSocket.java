package io.conntrack.ffm;

import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.ENOBUFS;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static io.conntrack.ffm.generated.Netfilter.NF_NETLINK_CONNTRACK_DESTROY;
import static io.conntrack.ffm.generated.Netfilter.NF_NETLINK_CONNTRACK_NEW;
import static io.conntrack.ffm.generated.Netfilter.NF_NETLINK_CONNTRACK_UPDATE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The kernel's connection tracking events of this network namespace: NEW, UPDATE, DESTROY, of all
 * families and protocols, but for what an {@link EventFilter} leaves out.
 *
 * <p>Belongs to the thread that opened it. Never blocks: wait for it in a {@link Poller}.
 */
public final class EventSocket implements Poller.Source, AutoCloseable {
  /** What a receive met. */
  public enum Received {
    /** The batch is full, so that the queue may hold more. */
    MORE,
    /** The queue was empty after this batch, which may be empty too. */
    EMPTIED,
    /**
     * An overrun: the kernel has dropped events, and goes on dropping them until the queue was
     * {@link #EMPTIED}. Those still queued are from before the loss. The batch is empty.
     */
    OVERRUN
  }

  private static final int GROUPS =
      NF_NETLINK_CONNTRACK_NEW() | NF_NETLINK_CONNTRACK_UPDATE() | NF_NETLINK_CONNTRACK_DESTROY();

  /** Events a batch. More gain nothing measurable: the call is shared by 64 already. */
  private static final int BATCH = 64;

  /**
   * The longest event that is taken, in bytes. One of IPv6 with counters, labels, a helper and a
   * security context is half of it; a longer one would be counted as undecodable.
   */
  public static final int MAX_MESSAGE_BYTES = 2048;

  private static final int SILENT_BUFFER_BYTES = 4096;

  /** Confined: C writes what this thread reads, between two receives. */
  private final Arena arena;

  private final NetlinkSocket socket;
  private final long receiveBufferBytes;
  private final DatagramBatch datagrams;
  private final FlowWalk walk;

  private EventSocket(Arena arena, NetlinkSocket socket, long receiveBufferBytes) {
    this.arena = arena;
    this.socket = socket;
    this.receiveBufferBytes = receiveBufferBytes;
    this.datagrams = new DatagramBatch(arena, BATCH, MAX_MESSAGE_BYTES);
    this.walk = new FlowWalk(arena, datagrams.messages(), BATCH, new WireDecoder());
  }

  /** Subscribes, with a receive buffer of {@code receiveBufferBytes} if the kernel grants it. */
  public static EventSocket open(int receiveBufferBytes, EventFilter filter)
      throws ConntrackException {
    return open(receiveBufferBytes, GROUPS, filter);
  }

  /** A socket that is subscribed to nothing, so that the kernel makes no event for it. */
  public static EventSocket silent() throws ConntrackException {
    return silent(SILENT_BUFFER_BYTES);
  }

  /** The same with a receive buffer that nothing fills, to see how much the kernel grants. */
  public static EventSocket silent(int receiveBufferBytes) throws ConntrackException {
    return open(receiveBufferBytes, 0, EventFilter.ALL);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed here when opening fails, by close() otherwise
  private static EventSocket open(int receiveBufferBytes, int groups, EventFilter filter)
      throws ConntrackException {
    NetlinkSocket socket =
        NetlinkSocket.open(NETLINK_NETFILTER(), groups, receiveBufferBytes, filter);
    Arena arena = Arena.ofConfined();
    try {
      return new EventSocket(arena, socket, socket.receiveBufferBytes());
    } catch (Throwable t) {
      arena.close();
      socket.close();
      throw t;
    }
  }

  /** The buffer that was obtained, in bytes as the kernel accounts them: about 1,280 an event. */
  public long receiveBufferBytes() {
    return receiveBufferBytes;
  }

  /** Receives a batch of events, into {@link #flows}. */
  public Received receive() throws ConntrackException {
    int count = datagrams.receive(socket.descriptor());
    if (count < 0) {
      walk.flows().clear();
      return notReceived(-count);
    }
    walk.addUndecodable(datagrams.join(count));
    walk.run(datagrams.offsetBytes(count), 0, 0);
    return count == BATCH ? Received.MORE : Received.EMPTIED;
  }

  private static Received notReceived(int errno) throws ConntrackException {
    if (errno == ENOBUFS()) {
      return Received.OVERRUN;
    }
    if (SystemCalls.isAgain(errno)) {
      return Received.EMPTIED;
    }
    if (errno == EINTR()) {
      return Received.MORE;
    }
    throw SystemCalls.failed("recvmmsg(conntrack events)", errno);
  }

  /** The events of the last {@link #receive}. */
  public FlowBatch flows() {
    return walk.flows();
  }

  /**
   * Copies the message that record {@code index} of {@link #flows} was made of, as the kernel sent
   * it, to {@code offset} of {@code target}, where {@link #MAX_MESSAGE_BYTES} have room. Returns
   * its length in bytes.
   */
  public int copyMessage(int index, MemorySegment target, long offset) {
    int message = FlowRecord.message(walk.flows().records(), walk.flows().offset(index));
    int lengthBytes = Netlink.lengthBytes(datagrams.messages(), message);
    MemorySegment.copy(datagrams.messages(), message, target, offset, lengthBytes);
    return lengthBytes;
  }

  /** How many events the kernel has dropped since the last call: exact, it counts them itself. */
  public long takeLost() throws ConntrackException {
    return socket.takeDrops();
  }

  /** How many messages since the last call could not be decoded. */
  public long takeUndecodable() {
    return walk.takeUndecodable();
  }

  @Override
  public int descriptor() {
    return socket.descriptor();
  }

  @Override
  public void close() {
    socket.close();
    arena.close();
  }
}
