package io.conntrack.ffm.socket;

import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Keeps the kernel's datagrams as they came, for the thread and the namespace that opened it. */
public final class DatagramRecorder implements AutoCloseable {
  /** Enough for any request here: what lies behind the header is all zero, so of any family. */
  private static final int REQUEST_BYTES = Netlink.HEADER_BYTES + 8;

  private final Arena arena = Arena.ofConfined();
  private final DatagramBatch datagrams = new DatagramBatch(arena, 64, 32768);
  private final NetlinkSocket socket;

  private DatagramRecorder(NetlinkSocket socket) {
    this.socket = socket;
  }

  public static DatagramRecorder open(int bus, int groups) throws ConntrackException {
    return new DatagramRecorder(NetlinkSocket.open(NetworkNamespace.OWN, bus, groups));
  }

  /** The answer to a request of this type and these flags. */
  public List<byte[]> ask(int type, int flags) throws ConntrackException {
    MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);
    nlmsghdr.nlmsg_len(request, REQUEST_BYTES);
    nlmsghdr.nlmsg_type(request, (short) type);
    nlmsghdr.nlmsg_flags(request, (short) flags);
    socket.send(request);
    return received();
  }

  /** What is queued now. */
  public List<byte[]> received() {
    List<byte[]> received = new ArrayList<>();
    int count;
    while ((count = datagrams.receive(socket.descriptor())) > 0) {
      for (int i = 0; i < count; i++) {
        received.add(
            datagrams
                .messages()
                .asSlice(datagrams.offsetBytes(i), datagrams.lengthBytes(i))
                .toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return received;
  }

  @Override
  public void close() {
    socket.close();
    arena.close();
  }
}
