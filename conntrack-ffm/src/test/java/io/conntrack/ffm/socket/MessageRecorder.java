package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.FlowMessages;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Keeps the kernel's messages as they came, for the thread and the namespace that opened it. */
public final class MessageRecorder implements AutoCloseable {
  private static final int ALL_GROUPS = 7;
  private static final int BUFFER_BYTES = 64 << 20;
  private static final int DUMP_REQUEST = 0x101;
  private static final int REQUEST_AND_DUMP = 0x301;

  private final Arena arena = Arena.ofConfined();
  private final DatagramBatch datagrams = new DatagramBatch(arena, 64, 32768);
  private final NetlinkSocket socket;

  public MessageRecorder() throws ConntrackException {
    socket =
        NetlinkSocket.open(
            NetworkNamespace.OWN, NETLINK_NETFILTER(), ALL_GROUPS, BUFFER_BYTES, EventFilter.ALL);
  }

  /** The events that are queued now. */
  public List<byte[]> events() {
    return received(socket);
  }

  /** A dump of the whole table. */
  public static List<byte[]> dump() throws ConntrackException {
    try (MessageRecorder recorder = new MessageRecorder();
        NetlinkSocket socket = NetlinkSocket.open(NetworkNamespace.OWN, NETLINK_NETFILTER(), 0)) {
      int bytes = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
      MemorySegment request = recorder.arena.allocate(bytes, 8);
      nlmsghdr.nlmsg_len(request, bytes);
      nlmsghdr.nlmsg_type(request, (short) DUMP_REQUEST);
      nlmsghdr.nlmsg_flags(request, (short) REQUEST_AND_DUMP);
      socket.send(request);
      return recorder.received(socket);
    }
  }

  private List<byte[]> received(NetlinkSocket from) {
    List<byte[]> messages = new ArrayList<>();
    int count;
    while ((count = datagrams.receive(from.descriptor())) > 0) {
      for (int i = 0; i < count; i++) {
        split(datagrams.offsetBytes(i), datagrams.lengthBytes(i), messages);
      }
    }
    return messages;
  }

  private void split(long start, int bytes, List<byte[]> messages) {
    for (long at = start; at < start + bytes; ) {
      int length = Netlink.lengthBytes(datagrams.messages(), at);
      if (FlowMessages.isFlow(datagrams.messages(), at)) {
        messages.add(datagrams.messages().asSlice(at, length).toArray(ValueLayout.JAVA_BYTE));
      }
      at += Netlink.align(length);
    }
  }

  @Override
  public void close() {
    socket.close();
    arena.close();
  }
}
