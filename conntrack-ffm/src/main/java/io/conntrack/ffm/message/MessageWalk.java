package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.MNL_CB_ERROR;
import static io.conntrack.ffm.generated.Netfilter.MNL_CB_STOP;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_DONE;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_ERROR;

import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;

/**
 * Walks received messages: one downcall (mnl_cb_run2) and one upcall a run, usually.
 *
 * <p>A message that does not lie within the run ends it. libmnl checks its sequence and port id,
 * and that the kernel did not flag the dump as interrupted. Error and done messages come to the
 * visitor too.
 *
 * <p>The upcall takes the message that libmnl has checked, and the messages behind it for which the
 * check would give the same. Other messages are left to another downcall. An upcall for each
 * message cost 60 ns, about as much as decoding it.
 *
 * <p>Belongs to the thread of its arena, like the memory it walks.
 */
public final class MessageWalk {
  /** Takes messages; must not keep the place. */
  public interface Visitor {
    /** A message begins at {@code offset} of the walked memory. Returns whether to go on. */
    boolean visit(MemorySegment messages, long offset);
  }

  private static final FunctionDescriptor CALLBACK =
      // As mnl_cb_t, but the addresses are plain numbers: a MemorySegment would be made for each.
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

  private static final MethodHandle ON_MESSAGE;

  static {
    try {
      ON_MESSAGE =
          MethodHandles.lookup()
              .findVirtual(
                  MessageWalk.class,
                  "onMessage",
                  MethodType.methodType(int.class, long.class, long.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final MemorySegment messages;
  private final long baseAddress;
  private final Visitor visitor;
  private final MemorySegment callback;
  private final MemorySegment control;
  private final int controlCount = NLMSG_DONE() + 1;
  private final MemorySegment errno;
  private long wholeBytes;
  private long endBytes;

  /** Where libmnl has to look again, or 0. */
  private long unlike;

  private Throwable failure;

  public MessageWalk(Arena arena, MemorySegment messages, Visitor visitor) {
    this.messages = messages;
    this.baseAddress = messages.address();
    this.visitor = visitor;
    this.errno = SystemCalls.allocateErrno(arena);
    this.callback = Linker.nativeLinker().upcallStub(ON_MESSAGE.bindTo(this), CALLBACK, arena);
    this.control = arena.allocate(ValueLayout.ADDRESS, controlCount);
    control.setAtIndex(ValueLayout.ADDRESS, NLMSG_ERROR(), callback);
    control.setAtIndex(ValueLayout.ADDRESS, NLMSG_DONE(), callback);
  }

  /**
   * Walks the first {@code lengthBytes}. Returns 0, or the errno of what libmnl refused: EINTR for
   * an interrupted dump, EPROTO and ESRCH for a wrong sequence or port id (0: not checked). What
   * the visitor threw is thrown here.
   */
  public int run(long lengthBytes, int sequence, int portId) {
    endBytes = 0;
    wholeBytes = wholeBytes(lengthBytes);
    long from = 0;
    int result;
    do {
      unlike = 0;
      MemorySegment rest = from == 0 ? messages : messages.asSlice(from);
      result =
          SystemCalls.run(
              errno, rest, wholeBytes - from, sequence, portId, callback, control, controlCount);
      if (failure != null) {
        Throwable thrown = failure;
        failure = null;
        throw new IllegalStateException("A netlink message could not be taken", thrown);
      }
      from = unlike;
    } while (from != 0);
    return result == MNL_CB_ERROR() ? SystemCalls.errno(errno) : 0;
  }

  /**
   * The bytes of the whole messages that the run begins with. libmnl alone would take a length of
   * 2^31 or more for one that fits, and then walk in a circle or out of the run (mnl_nlmsg_ok
   * compares it as a signed number).
   */
  private long wholeBytes(long lengthBytes) {
    Objects.checkFromToIndex(0, lengthBytes, messages.byteSize());
    long at = 0;
    while (lengthBytes - at >= Netlink.HEADER_BYTES) {
      int bytes = Netlink.lengthBytes(messages, at);
      if (bytes < Netlink.HEADER_BYTES || bytes > lengthBytes - at) {
        return at;
      }
      at += Netlink.align(bytes);
    }
    return Math.min(at, lengthBytes);
  }

  /** Where the last message that was visited in this run ends, padding included. */
  public long endBytes() {
    return endBytes;
  }

  /** The upcall. Whatever leaves this method would end the JVM, so nothing does. */
  @SuppressWarnings({"unused", "UnusedVariable"}) // called by C through ON_MESSAGE
  private int onMessage(long address, long data) {
    try {
      visitFrom(address - baseAddress);
      return MNL_CB_STOP();
    } catch (Throwable t) {
      failure = t;
      return MNL_CB_ERROR();
    }
  }

  private void visitFrom(long checked) {
    long ids = Netlink.sequenceAndPortId(messages, checked);
    long message = checked;
    do {
      endBytes = end(message);
      if (!visitor.visit(messages, message)) {
        return;
      }
      message = endBytes;
      while (message < wholeBytes && Netlink.isEmpty(messages, message)) {
        message = end(message);
      }
    } while (message < wholeBytes && Netlink.isPlain(messages, message, ids));
    unlike = message < wholeBytes ? message : 0;
  }

  private long end(long message) {
    return message + Netlink.align(Netlink.lengthBytes(messages, message));
  }
}
