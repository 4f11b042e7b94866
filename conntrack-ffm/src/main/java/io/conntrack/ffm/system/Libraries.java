package io.conntrack.ffm.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.conntrack.ffm.generated.Netfilter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The shared libraries that the bindings need. */
public final class Libraries {
  private static final String REMEDY =
      "Install them: 'apt-get install libnetfilter-conntrack3 libmnl0' on Debian and Ubuntu,"
          + " 'dnf install libnetfilter_conntrack libmnl' on Fedora and RHEL,"
          + " 'zypper install libnetfilter_conntrack3 libmnl0' on openSUSE,"
          + " 'apk add libnetfilter_conntrack libmnl' on Alpine";

  /** As the last field of a line of /proc/PID/maps. */
  private static final Pattern LOADED =
      Pattern.compile("/\\S*/lib(netfilter_conntrack|mnl)\\.so[.0-9]*$");

  private Libraries() {}

  /**
   * Begins to load the libraries and to link their functions, on a thread of its own. This is a
   * third of a start's time, in which the caller can do the rest. A failure comes again, and is
   * told, when the first socket is opened.
   */
  public static void preload() {
    Thread.ofPlatform().name("libraries").daemon().start(Libraries::link);
  }

  private static void link() {
    try {
      // Before the bindings: a class initializer that fails tells its reason only once.
      SymbolLookup.libraryLookup("libnetfilter_conntrack.so.3", Arena.global());
      SystemCalls.linkAll();
    } catch (IllegalArgumentException e) {
      // It is missing.
    }
  }

  /**
   * Loads libnetfilter_conntrack and libmnl, so that a missing one is an error that says what to
   * install and not a failing class initializer.
   */
  public static void require() throws ConntrackException {
    try {
      Netfilter.EPERM();
    } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new ConntrackException(
          "Cannot load libnetfilter_conntrack.so.3 and libmnl.so.0"
              + (e.getCause() == null ? "" : " (" + e.getCause().getMessage() + ")"),
          REMEDY,
          e);
    }
  }

  /**
   * The files that they were loaded from, links followed, whose names have their version: such as
   * {@code /usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0}. Neither library tells it otherwise.
   */
  public static List<String> loaded() throws IOException {
    require();
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), ISO_8859_1)) {
      return maps.map(LOADED::matcher)
          .filter(Matcher::find)
          .map(Matcher::group)
          .distinct()
          .sorted()
          .toList();
    }
  }
}
