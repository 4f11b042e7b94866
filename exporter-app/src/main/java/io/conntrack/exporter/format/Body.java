package io.conntrack.exporter.format;

import java.io.IOException;
import java.io.OutputStream;

/** The body of an answer. One thread. */
public interface Body {
  /** The JDK's server keeps a buffer of twice the longest write while the client is connected. */
  int LONGEST_WRITE_BYTES = 8 << 10;

  /** How much {@link #writeTo} will write. */
  long sizeBytes();

  /** What it holds until it is sent. */
  long heapBytes();

  /** What holds most of that. Bodies of the same observation may share it. */
  default Object memory() {
    return this;
  }

  /**
   * Writes the whole body, as slowly as the client reads. It never writes more at once than the
   * longest write.
   */
  void writeTo(OutputStream out) throws IOException;
}
