import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A network namespace. A socket belongs for ever to the namespace of the thread that opened it, and
 * may be used by any other thread.
 */
enum Host {
  /** The network that the demo was started from. */
  USERS(3),
  /** The private host with the exporter, which this JVM was started on, every thread of it. */
  NEAR(-1),
  /** The private host that plays the rest of the world. */
  FAR(4);

  private static final int CLONE_NEWNET = 0x40000000;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SETNS =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("setns").orElseThrow(),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  /** One that hosts.sh opened. */
  private final int descriptor;

  Host(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Opens a socket on this host, on a thread that lives no longer than that takes. */
  <S> S open(Callable<S> socket) throws Exception {
    if (this == NEAR) {
      return socket.call();
    }
    var opening =
        new FutureTask<>(() -> {
          enter();
          return socket.call();
        });
    Thread.ofPlatform().start(opening);
    try {
      return opening.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : e;
    }
  }

  /** See setns(2). Moves the calling thread only. */
  private void enter() {
    int result;
    try {
      result = (int) SETNS.invokeExact(descriptor, CLONE_NEWNET);
    } catch (Throwable t) {
      throw new AssertionError("setns", t);
    }
    if (result != 0) {
      throw new IllegalStateException("setns failed: host=" + this + " descriptor=" + descriptor);
    }
  }
}
