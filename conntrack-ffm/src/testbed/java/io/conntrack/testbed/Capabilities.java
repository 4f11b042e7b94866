package io.conntrack.testbed;

/** What the calling thread may do: capset(2), which concerns no other thread. */
public final class Capabilities {
  private Capabilities() {}

  /** Takes all of them away, for good: the thread is root no more, though its user is. */
  public static void dropAll() {
    Libc.dropCapabilities();
  }
}
