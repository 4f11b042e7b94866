package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.ENOBUFS;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static io.conntrack.ffm.generated.Netfilter.NF_NETLINK_CONNTRACK_DESTROY;
import static io.conntrack.ffm.generated.Netfilter.NF_NETLINK_CONNTRACK_NEW;
import static io.conntrack.ffm.generated.Netfilter.NF_NETLINK_CONNTRACK_UPDATE;

import io.conntrack.ffm.message.FlowBatch;
import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.message.FlowWalk;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Poller;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.MemorySegment;

/**
 * The kernel's connection tracking events of a network namespace: NEW, UPDATE, DESTROY, of all
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

  /**
   * The longest event that is taken, in bytes. One of IPv6 with counters, labels, a helper and a
   * security context is half of it; a longer one would be counted as undecodable.
   */
  public static final int MAX_MESSAGE_BYTES = 2048;

  private static final int SILENT_BUFFER_BYTES = 4096;

  private final NetlinkSocket socket;
  private final long receiveBufferBytes;
  private final DatagramBatch datagrams;
  private final FlowWalk walk;
  private long undecodable;

  private EventSocket(ReceiveBuffers buffers, NetlinkSocket socket) throws ConntrackException {
    this.socket = socket;
    this.receiveBufferBytes = socket.receiveBufferBytes();
    this.datagrams = buffers.events;
    this.walk = buffers.flows;
  }

  /**
   * Subscribes in a namespace, with a receive buffer of {@code receiveBufferBytes} in the kernel,
   * if it grants that.
   */
  public static EventSocket open(
      NetworkNamespace namespace,
      ReceiveBuffers buffers,
      int receiveBufferBytes,
      EventFilter filter)
      throws ConntrackException {
    return open(namespace, buffers, receiveBufferBytes, GROUPS, filter);
  }

  /** A socket that is subscribed to nothing, so that the kernel makes no event for it. */
  public static EventSocket silent(NetworkNamespace namespace, ReceiveBuffers buffers)
      throws ConntrackException {
    return open(namespace, buffers, SILENT_BUFFER_BYTES, 0, EventFilter.ALL);
  }

  /** How large a receive buffer the kernel grants who asks for so much, in bytes as it accounts. */
  public static long grantedBufferBytes(int receiveBufferBytes) throws ConntrackException {
    try (NetlinkSocket socket =
        NetlinkSocket.open(
            NetworkNamespace.OWN, NETLINK_NETFILTER(), 0, receiveBufferBytes, EventFilter.ALL)) {
      return socket.receiveBufferBytes();
    }
  }

  private static EventSocket open(
      NetworkNamespace namespace,
      ReceiveBuffers buffers,
      int receiveBufferBytes,
      int groups,
      EventFilter filter)
      throws ConntrackException {
    NetlinkSocket socket =
        NetlinkSocket.open(namespace, NETLINK_NETFILTER(), groups, receiveBufferBytes, filter);
    try {
      return new EventSocket(buffers, socket);
    } catch (Throwable t) {
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
    undecodable += walk.takeUndecodable();
    return count == datagrams.capacity() ? Received.MORE : Received.EMPTIED;
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

  /** The events of the last {@link #receive} of any socket with these buffers. */
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
    long since = undecodable;
    undecodable = 0;
    return since;
  }

  @Override
  public int descriptor() {
    return socket.descriptor();
  }

  @Override
  public void close() {
    socket.close();
  }
}
