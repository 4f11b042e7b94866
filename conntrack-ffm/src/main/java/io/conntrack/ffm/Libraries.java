package io.conntrack.ffm;

import io.conntrack.ffm.generated.Netfilter;

/** The shared libraries that the bindings need. */
final class Libraries {
  private static final String REMEDY =
      "Install them: 'apt-get install libnetfilter-conntrack3 libmnl0' on Debian and Ubuntu,"
          + " 'dnf install libnetfilter_conntrack libmnl' on Fedora,"
          + " 'apk add libnetfilter_conntrack libmnl' on Alpine";

  private Libraries() {}

  /**
   * Loads libnetfilter_conntrack and libmnl, so that a missing one is an error that says what to
   * install and not a failing class initializer.
   */
  static void require() throws ConntrackException {
    try {
      Netfilter.EPERM();
    } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new ConntrackException(
          "Cannot load libnetfilter_conntrack.so.3 and libmnl.so.0"
              + (e.getCause() == null ? ". " : " (" + e.getCause().getMessage() + "). ")
              + REMEDY,
          e);
    }
  }
}
