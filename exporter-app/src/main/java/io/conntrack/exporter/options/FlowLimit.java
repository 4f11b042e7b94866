package io.conntrack.exporter.options;

import io.conntrack.exporter.terms.KernelSetting;
import java.util.OptionalInt;

/**
 * How many flows may be tracked: the number that the operator asks for. Without one it is what the
 * kernel's table can hold and a quarter more, for flows whose end has not been told yet. It follows
 * the kernel's setting when that changes.
 */
public final class FlowLimit {
  static final int MOST = 100_000_000;

  /** Where the kernel has no limit, or does not tell it. */
  static final int UNLIMITED = 4_000_000;

  private final OptionalInt asked;

  FlowLimit(OptionalInt asked) {
    this.asked = asked;
  }

  /** To be asked again before each resync. */
  public int now() {
    return asked.orElseGet(() -> above(KernelSetting.text("nf_conntrack_max")));
  }

  /** A quarter more than the kernel's text says; 0 and no number are no limit. */
  static int above(String kernelLimit) {
    String digits = kernelLimit.strip();
    long limit = digits.matches("\\d{1,10}") ? Long.parseLong(digits) : 0;
    return limit == 0 ? UNLIMITED : Math.toIntExact(Math.min(MOST, limit + limit / 4 + 1));
  }
}
