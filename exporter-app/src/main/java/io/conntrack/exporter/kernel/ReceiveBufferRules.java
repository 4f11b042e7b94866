package io.conntrack.exporter.kernel;

/** What the size of an event socket's receive buffer means. */
public final class ReceiveBufferRules {
  /** What the kernel accounts for one event of usual length. */
  public static final int BYTES_PER_EVENT = 1280;

  private ReceiveBufferRules() {}

  /** The kernel accounts twice what it is asked for, and cuts it at one byte less than 1 GiB. */
  public static boolean isGranted(long askedBytes, long obtainedBytes) {
    return obtainedBytes / 2 >= askedBytes - 1;
  }
}
