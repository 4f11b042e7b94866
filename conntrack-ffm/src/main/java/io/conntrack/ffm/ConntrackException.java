package io.conntrack.ffm;

import java.io.IOException;

/**
 * What the kernel or a library refused. The message is fit for an operator: the call with its
 * inputs, what the system said, and what to do about it.
 */
public final class ConntrackException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean lasting;

  /** Something that may go better the next time. */
  ConntrackException(String message) {
    this(message, false);
  }

  ConntrackException(String message, boolean lasting) {
    super(message);
    this.lasting = lasting;
  }

  ConntrackException(String message, Throwable cause) {
    super(message, cause);
    this.lasting = true;
  }

  /**
   * Whether trying again is of no use, since what is missing is a capability, a library or
   * ctnetlink itself.
   */
  public boolean isLasting() {
    return lasting;
  }
}
