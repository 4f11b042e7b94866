package io.conntrack.exporter.names;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.FileText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The servers that {@code /etc/resolv.conf} names, as the C library takes them. */
final class DnsServers {
  static final Path PATH = Path.of("/etc/resolv.conf");

  private static final int PORT = 53;
  private static final int MOST = 3;

  private DnsServers() {}

  /** The first three of them; this host if there is none. */
  static List<InetSocketAddress> read(Path path) {
    String text;
    try {
      text = FileText.read(path, "write less");
    } catch (FileException e) {
      text = "";
    }
    List<InetSocketAddress> servers =
        text.lines()
            .map(line -> line.strip().split("\\s+", 3))
            .filter(words -> words.length >= 2 && words[0].equals("nameserver"))
            .flatMap(words -> address(words[1]).stream())
            .limit(MOST)
            .toList();
    return servers.isEmpty()
        ? List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT))
        : servers;
  }

  private static Optional<InetSocketAddress> address(String text) {
    try {
      return Optional.of(new InetSocketAddress(InetAddress.ofLiteral(text), PORT));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
