package io.conntrack.ffm;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/** The shared libraries that the bindings need. */
public final class Libraries {
  private static final String REMEDY =
      "Install them: 'apt-get install libnetfilter-conntrack3 libmnl0' on Debian and Ubuntu,"
          + " 'dnf install libnetfilter_conntrack libmnl' on Fedora,"
          + " 'apk add libnetfilter_conntrack libmnl' on Alpine";

  private Libraries() {}

  /**
   * Begins to load the libraries and to link their functions, on a thread of its own: a third of
   * the time that a start takes, while the caller can do the rest. What fails fails again, and is
   * told, where the first socket is opened.
   */
  public static void preload() {
    Thread.ofPlatform().name("libraries").daemon().start(Libraries::link);
  }

  private static void link() {
    try {
      // Before the bindings: a class initializer that fails tells its reason only once.
      SymbolLookup.libraryLookup("libnetfilter_conntrack.so.3", Arena.global());
      SystemCalls.link();
    } catch (IllegalArgumentException e) {
      // It is missing.
    }
  }

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
