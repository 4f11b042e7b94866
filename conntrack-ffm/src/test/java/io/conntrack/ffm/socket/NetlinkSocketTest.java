package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.AF_NETLINK;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.generated.sockaddr_nl;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.SystemCalls;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.Test;

@KernelTest
class NetlinkSocketTest {
  private static final int ECONNREFUSED = 111;
  private static final MethodHandle SENDTO =
      SystemCalls.link(
          "sendto",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

  /** The forger is root: others may not send to processes at all. */
  @Test
  void theKernelRefusesWhatAnotherProcessWouldForge() throws ConntrackException {
    try (Namespace namespace = Namespace.create()) {
      namespace.run(() -> {
        try (NetlinkSocket socket =
                NetlinkSocket.open(NetworkNamespace.OWN, NETLINK_NETFILTER(), 0);
            NetlinkSocket other =
                NetlinkSocket.open(NetworkNamespace.OWN, NETLINK_NETFILTER(), 0)) {
          assertThat(forge(other.descriptor(), socket.portId())).isEqualTo(ECONNREFUSED);
        }
      });
    }
  }

  /** Sends an event as the kernel would. Returns the errno, or 0 if it was sent. */
  private static int forge(int descriptor, int portId) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = SystemCalls.allocateErrno(arena);
      MemorySegment event = arena.allocateFrom(JAVA_BYTE, RealMessages.NEW);
      MemorySegment target = sockaddr_nl.allocate(arena);
      sockaddr_nl.nl_family(target, (short) AF_NETLINK());
      sockaddr_nl.nl_pid(target, portId);
      long sent =
          (long)
              SENDTO.invokeExact(
                  errno, descriptor, event, event.byteSize(), 0, target, (int) target.byteSize());
      return sent < 0 ? SystemCalls.errno(errno) : 0;
    } catch (Throwable t) {
      throw new AssertionError("sendto", t);
    }
  }
}
