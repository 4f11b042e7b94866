package io.conntrack.ffm.system;

import java.io.IOException;

/**
 * What the kernel or a library refused. The message is for an operator. It says what to do, names
 * the call with its inputs, and has the system's reason.
 */
public final class ConntrackException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String failure;
  private final String remedy;

  /** Something that may go better the next time. */
  public ConntrackException(String failure) {
    this(failure, "", null);
  }

  /**
   * Something that stays until the operator has done what {@code remedy} says, unless it is empty.
   */
  public ConntrackException(String failure, String remedy, Throwable cause) {
    super(remedy.isEmpty() ? failure : remedy + ". " + failure, cause);
    this.failure = failure;
    this.remedy = remedy;
  }

  /** The message without its remedy. */
  public String failure() {
    return failure;
  }

  /** What to do about it, or nothing where that is not known. */
  public String remedy() {
    return remedy;
  }

  /**
   * Whether trying again is of no use, since what is missing is a capability, a library or
   * ctnetlink itself.
   */
  public boolean isLasting() {
    return !remedy.isEmpty();
  }
}
