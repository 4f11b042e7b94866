package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_GET;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static io.conntrack.ffm.generated.Netfilter.NFNL_SUBSYS_CTNETLINK;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.message.FlowBatch;
import io.conntrack.ffm.message.FlowWalk;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.message.WireDecoder;
import io.conntrack.ffm.socket.DatagramBatch;
import io.conntrack.ffm.socket.NetlinkSocket;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Libraries;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Poller;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * Dumps of the kernel's connection tracking table: every flow of a network namespace, both families
 * in one walk, in portions. One dump at a time.
 *
 * <p>Belongs to the thread that made it. Never blocks: wait for it in a {@link Poller}. Each dump
 * has a socket of its own, so that what is left of one that failed cannot reach the next.
 */
public final class FlowDump implements Poller.Source, AutoCloseable {
  /** What a receive met. */
  public enum Received {
    /** A portion, which may be empty; more is to come. */
    PORTION,
    /** The last portion: the dump is complete and over. */
    DONE,
    /** The dump is over without being complete; {@link #failure} says why. */
    FAILED
  }

  /**
   * How long to wait for a part, in milliseconds. The kernel makes the next part when the last is
   * taken, so a wait means that something is very wrong.
   */
  public static final int SILENCE_MS = 2_000;

  /** The most that the kernel puts into one portion (netlink_dump). */
  private static final int DATAGRAM_BYTES = 32768;

  private static final int SMALLEST_MESSAGE_BYTES = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
  private static final int SEQUENCE = 1;
  private static final int NO_DESCRIPTOR = -1;

  /** Confined: C writes what this thread reads, between two receives. */
  private final Arena arena = Arena.ofConfined();

  private final DatagramBatch datagram = new DatagramBatch(arena, 1, DATAGRAM_BYTES);
  private final FlowWalk walk =
      new FlowWalk(
          arena, datagram.messages(), DATAGRAM_BYTES / SMALLEST_MESSAGE_BYTES, new WireDecoder());
  private final MemorySegment request =
      NetfilterDump.request(arena, NFNL_SUBSYS_CTNETLINK(), IPCTNL_MSG_CT_GET());
  private NetlinkSocket socket;
  private int portId;

  /** When the dump was asked for, or brought its last portion. */
  private long heardNs;

  private ConntrackException failure;

  public FlowDump() throws ConntrackException {
    Libraries.require();
  }

  /** Asks for a dump of a namespace's flows; one that is under way, of whichever, is given up. */
  public void begin(NetworkNamespace namespace) throws ConntrackException {
    end();
    failure = null;
    socket = NetlinkSocket.open(namespace, NETLINK_NETFILTER(), 0);
    portId = socket.portId();
    socket.send(request);
    heardNs = System.nanoTime();
  }

  /**
   * Receives a portion, into {@link #flows}. Only while a dump {@link #isRunning}; to be called
   * every {@link #SILENCE_MS} at least, also when there is nothing to receive.
   */
  public Received receive() {
    int count = datagram.receive(socket.descriptor());
    if (count < 0) {
      return notReceived(-count);
    }
    heardNs = System.nanoTime();
    if (!datagram.isWhole(0)) {
      return failed(new ConntrackException("A part of the conntrack dump was cut off"));
    }
    int errno = walk.run(datagram.lengthBytes(0), SEQUENCE, portId);
    if (errno != 0 || walk.refusal() != 0) {
      return failed("The conntrack dump", errno != 0 ? errno : walk.refusal());
    }
    if (walk.isDone()) {
      end();
      return Received.DONE;
    }
    return walk.endBytes() == datagram.lengthBytes(0)
        ? Received.PORTION
        : failed(new ConntrackException("A message of the conntrack dump was cut off"));
  }

  private Received notReceived(int errno) {
    walk.flows().clear();
    if (!SystemCalls.isAgain(errno) && errno != EINTR()) {
      return failed("recvmmsg(conntrack dump)", errno);
    }
    return System.nanoTime() - heardNs < TimeUnit.MILLISECONDS.toNanos(SILENCE_MS)
        ? Received.PORTION
        : failed(new ConntrackException("The conntrack dump was silent for " + SILENCE_MS + " ms"));
  }

  private Received failed(String call, int errno) {
    return failed(SystemCalls.failed(call, errno));
  }

  private Received failed(ConntrackException reason) {
    failure = reason;
    walk.flows().clear();
    end();
    return Received.FAILED;
  }

  /** The flows of the last {@link #receive}. */
  public FlowBatch flows() {
    return walk.flows();
  }

  /** Why the last dump failed, or null. */
  public ConntrackException failure() {
    return failure;
  }

  /** How many messages since the last call could not be decoded. */
  public long takeUndecodable() {
    return walk.takeUndecodable();
  }

  public boolean isRunning() {
    return socket != null;
  }

  /** Gives up the dump that is under way, if one is. */
  public void end() {
    if (socket != null) {
      socket.close();
      socket = null;
    }
  }

  @Override
  public int descriptor() {
    return socket == null ? NO_DESCRIPTOR : socket.descriptor();
  }

  @Override
  public void close() {
    end();
    arena.close();
  }
}
