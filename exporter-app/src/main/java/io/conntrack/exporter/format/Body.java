package io.conntrack.exporter.format;

import java.io.IOException;
import java.io.OutputStream;

/** The body of an answer. Many threads may write it at once. */
public interface Body {
  /** The JDK's server keeps a buffer of twice the longest write while the client is connected. */
  int LONGEST_WRITE_BYTES = 8 << 10;

  /** How much {@link #writeTo} will write. */
  long sizeBytes();

  /** What it holds until it is sent, beside {@link #memory}. */
  long heapBytes();

  /** What bodies of the same observation share; itself if they share nothing. */
  default Object memory() {
    return this;
  }

  /** What that holds. */
  default long sharedBytes() {
    return 0;
  }

  /**
   * After each write: nobody else would stop a virtual thread, and other requests wait. It gives
   * way at each eighth only, since a copy of its stack is garbage each time.
   *
   * @param writes how many there were
   */
  @SuppressWarnings("ThreadPriorityCheck") // it gives way only
  static void letOthersGoOn(int writes) {
    if (writes % 8 == 0) {
      Thread.yield();
    }
  }

  /**
   * Writes the whole body, as slowly as the client reads. It never writes more at once than the
   * longest write.
   */
  void writeTo(OutputStream out) throws IOException;
}
