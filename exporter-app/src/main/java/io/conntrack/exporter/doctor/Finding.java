package io.conntrack.exporter.doctor;

import java.util.Locale;

/**
 * What the {@link Doctor} found out about one thing.
 *
 * @param found a sentence for the operator, with the values that were found
 * @param remedy what to do. Empty if all is well, and only then. A command stands on a line of its
 *     own, to be copied
 */
record Finding(Status status, String found, String remedy) {

  /** From the best to the worst. */
  enum Status {
    OK,
    /** It could not be told. */
    UNKNOWN,
    /** The exporter works here, but something that the operator may want is missing. */
    WARNING,
    /** The exporter can't work here, or the host is about to refuse connections. */
    FAILED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String found) {
    return new Finding(Status.OK, found, "");
  }

  static Finding unknown(String found, String remedy) {
    return new Finding(Status.UNKNOWN, found, remedy);
  }

  static Finding warning(String found, String remedy) {
    return new Finding(Status.WARNING, found, remedy);
  }

  static Finding failed(String found, String remedy) {
    return new Finding(Status.FAILED, found, remedy);
  }
}
