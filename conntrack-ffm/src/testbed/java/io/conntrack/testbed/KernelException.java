package io.conntrack.testbed;

/** A system call or a netlink request that the kernel refused, with the errno it gave. */
public final class KernelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String errnoName;

  KernelException(String what, String errnoName) {
    super(what + " failed: " + errnoName);
    this.errnoName = errnoName;
  }

  /** The errno by its name in errno.h, such as {@code EPERM}. */
  public String errnoName() {
    return errnoName;
  }
}
