package io.conntrack.exporter.kernel;

import io.conntrack.exporter.terms.KernelSetting;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The ports that the kernel gives to connections that ask for none: {@code
 * net.ipv4.ip_local_port_range}, which IPv6 has too, without {@code
 * net.ipv4.ip_local_reserved_ports}.
 */
final class GivenPorts {
  private static final Path FOLDER = Path.of("/proc/sys/net/ipv4");
  private static final Path RANGE = FOLDER.resolve("ip_local_port_range");
  private static final Path RESERVED = FOLDER.resolve("ip_local_reserved_ports");

  private static final int RANGE_BYTES = 32;

  /** As long as a list of every second port. */
  private static final int RESERVED_BYTES = 1 << 18;

  private static final int USUAL_BYTES = 1 << 12;

  private static final Pattern TWO_PORTS = Pattern.compile("(\\d{1,5})\\s+(\\d{1,5})");
  private static final Pattern PORTS = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");

  private GivenPorts() {}

  /** Those of the calling thread's namespace; none if the kernel does not tell. */
  static BitSet read() {
    String reserved = KernelSetting.text(RESERVED, USUAL_BYTES);
    if (reserved.length() == USUAL_BYTES) {
      reserved = KernelSetting.text(RESERVED, RESERVED_BYTES);
    }
    return of(KernelSetting.text(RANGE, RANGE_BYTES), reserved);
  }

  /**
   * Takes the texts of the two settings, such as {@code 32768 60999} and {@code 40000,50000-50099}.
   */
  static BitSet of(String range, String reserved) {
    BitSet ports = new BitSet();
    TWO_PORTS
        .matcher(range)
        .results()
        .findFirst()
        .ifPresent(found -> {
          ports.set(port(found, 1), Math.max(port(found, 1), port(found, 2) + 1));
          PORTS
              .matcher(reserved)
              .results()
              .forEach(each -> {
                int last = each.group(2) == null ? port(each, 1) : port(each, 2);
                ports.clear(port(each, 1), Math.max(port(each, 1), last + 1));
              });
        });
    return ports;
  }

  private static int port(MatchResult found, int group) {
    return Integer.parseInt(found.group(group));
  }
}
