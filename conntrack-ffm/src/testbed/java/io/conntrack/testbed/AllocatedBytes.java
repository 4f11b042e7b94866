package io.conntrack.testbed;

import java.lang.reflect.Method;

/** How much heap a thread has taken since its start. */
public final class AllocatedBytes {
  private AllocatedBytes() {}

  /**
   * Of the calling thread: com.sun.management.ThreadMXBean, by name, since the modules into which
   * this is patched need not read its module. The reading itself takes some bytes.
   */
  public static long ofThisThread() {
    try {
      Class<?> factory = Class.forName("java.lang.management.ManagementFactory");
      Object threads = factory.getMethod("getThreadMXBean").invoke(null);
      Method allocated =
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes");
      return (long) allocated.invoke(threads);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("this JDK has no com.sun.management.ThreadMXBean", e);
    }
  }
}
