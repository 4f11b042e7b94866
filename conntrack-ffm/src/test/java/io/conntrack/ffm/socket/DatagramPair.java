package io.conntrack.ffm.socket;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Two sockets, of which the second receives what the first sends: datagrams of any content, and
 * from a sender without a name, as the kernel's are. Links socketpair(2), send(2) and close(2).
 */
public final class DatagramPair implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_NONBLOCK = 2 | 0x800;
  private static final MethodHandle SOCKETPAIR =
      link("socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle SEND =
      link("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int sender;
  private final int receiver;

  private DatagramPair(int sender, int receiver) {
    this.sender = sender;
    this.receiver = receiver;
  }

  private static MethodHandle link(String function, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(function).orElseThrow(), descriptor);
  }

  public static DatagramPair open() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(JAVA_INT, 2);
      assertThat((int) SOCKETPAIR.invokeExact(AF_UNIX, SOCK_DGRAM_NONBLOCK, 0, pair)).isZero();
      return new DatagramPair(pair.getAtIndex(JAVA_INT, 0), pair.getAtIndex(JAVA_INT, 1));
    } catch (Throwable t) {
      throw new AssertionError("socketpair", t);
    }
  }

  public void send(byte[] datagram) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, datagram);
      assertThat((long) SEND.invokeExact(sender, bytes, (long) datagram.length, 0))
          .isEqualTo(datagram.length);
    } catch (Throwable t) {
      throw new AssertionError("send", t);
    }
  }

  public int descriptor() {
    return receiver;
  }

  @Override
  public void close() {
    try {
      assertThat((int) CLOSE.invokeExact(sender)).isZero();
      assertThat((int) CLOSE.invokeExact(receiver)).isZero();
    } catch (Throwable t) {
      throw new AssertionError("close", t);
    }
  }
}
