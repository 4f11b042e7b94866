package io.conntrack.exporter;

import io.conntrack.exporter.http.MetricsServer;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.terms.BuildInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The first line of the daemon's log: what starts, where, and with which options.
 *
 * <pre>
 * Starting conntrack-exporter, version 1.0.0 (branch: main, revision: 1a2b3c4), Java 25.0.3, in
 * network namespace 4026531840, to listen on [::]:9318, with --zones --netns=/run/netns/*
 * </pre>
 */
final class StartLine {
  private StartLine() {}

  static String of(BuildInfo build, Configuration configuration, List<String> changedOptions) {
    String addresses =
        configuration.systemdSocket()
            ? "the sockets of systemd"
            : configuration.listenAddresses().stream()
                .map(StartLine::hostAndPort)
                .collect(Collectors.joining(" and "));
    String options =
        changedOptions.isEmpty() ? "default options" : String.join(" ", changedOptions);
    return "Starting "
        + build
        + ", Java "
        + build.java()
        + ", in network namespace "
        + networkNamespace()
        + ", to listen on "
        + addresses
        + ", with "
        + options;
  }

  private static String hostAndPort(InetSocketAddress address) {
    return address.isUnresolved()
        ? address.getHostString() + ":" + address.getPort()
        : MetricsServer.hostAndPort(address);
  }

  /** Its number, as lsns(8) shows it, of {@code net:[4026531840]}. */
  private static String networkNamespace() {
    try {
      String link = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
      return link.substring(link.indexOf('[') + 1, link.length() - 1);
    } catch (IOException e) {
      return "unknown";
    }
  }
}
