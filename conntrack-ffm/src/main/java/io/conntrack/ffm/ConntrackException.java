package io.conntrack.ffm;

import java.io.IOException;

/**
 * What the kernel or a library refused. The message is fit for an operator: the call with its
 * inputs, what the system said, and what to do about it.
 */
public final class ConntrackException extends IOException {
  private static final long serialVersionUID = 1L;

  /** An error that no system call reported. */
  public static final int NO_ERRNO = 0;

  private final int errno;

  ConntrackException(String message, int errno) {
    super(message);
    this.errno = errno;
  }

  ConntrackException(String message, Throwable cause) {
    super(message, cause);
    this.errno = NO_ERRNO;
  }

  /** The error number of the system call, or {@link #NO_ERRNO}. */
  public int errno() {
    return errno;
  }
}
