package io.conntrack.testbed;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes receive buffers of a running process smaller, as nothing but a fault would. */
public final class ReceiveBuffer {
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUFFORCE = 33;
  private static final String NETFILTER = "12";
  private static final String NO_GROUPS = "00000000";

  private ReceiveBuffer() {}

  /**
   * Sets the buffers of the process's sockets for events, in its own network namespace. Returns how
   * many there are.
   */
  public static int ofEvents(long pid, int bytes) {
    Path process = Path.of("/proc", Long.toString(pid));
    try (Stream<Path> files = Files.list(process.resolve("fd"))) {
      Set<String> sockets = subscribed(process);
      List<Path> found = files.filter(file -> sockets.contains(link(file))).toList();
      found.forEach(file -> set((int) pid, Integer.parseInt(file.getFileName().toString()), bytes));
      return found.size();
    } catch (IOException e) {
      throw new UncheckedIOException("could not read " + process, e);
    }
  }

  /** Sockets that are in a group of netfilter's: sk Eth Pid Groups Rmem Wmem Dump Locks Drops. */
  private static Set<String> subscribed(Path process) throws IOException {
    return Files.readString(process.resolve("net/netlink"), ISO_8859_1)
        .lines()
        .map(line -> line.strip().split("\\s+", -1))
        .filter(words -> words[1].equals(NETFILTER) && !words[3].equals(NO_GROUPS))
        .map(words -> "socket:[" + words[9] + "]")
        .collect(Collectors.toSet());
  }

  private static String link(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  private static void set(int pid, int fd, int bytes) {
    int process = Libc.pidfdOpen(pid);
    try (Arena arena = Arena.ofConfined()) {
      int copy = Libc.pidfdGetfd(process, fd);
      try {
        Libc.setsockopt(
            copy, SOL_SOCKET, SO_RCVBUFFORCE, arena.allocateFrom(ValueLayout.JAVA_INT, bytes));
      } finally {
        Libc.close(copy);
      }
    } finally {
      Libc.close(process);
    }
  }
}
