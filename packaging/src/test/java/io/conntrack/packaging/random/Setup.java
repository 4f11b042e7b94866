package io.conntrack.packaging.random;

import io.conntrack.testbed.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The program's options.
 *
 * @param protocols as {@code --protocols} has them
 * @param others how many other network namespaces there are
 * @param maxEndpoints few, or more than a plan has
 * @param events false with {@code --no-events}
 * @param more options that are not to change what is compared
 */
record Setup(
    List<String> protocols,
    boolean zones,
    boolean directions,
    boolean clientPorts,
    String nat,
    boolean ignoring,
    boolean rules,
    int others,
    int maxEndpoints,
    boolean events,
    List<String> more) {
  static final int MANY_ENDPOINTS = 10_000;
  static final String IGNORED = "192.0.2.6/31";

  static Setup of(SplittableRandom random) {
    List<List<String>> protocols =
        List.of(
            List.of("tcp"),
            List.of("tcp", "udp"),
            List.of("udp", "icmp"),
            List.of("tcp", "udp", "icmp"));
    return new Setup(
        protocols.get(random.nextInt(protocols.size())),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextInt(4) == 0,
        List.of("default", "default", "real", "service", "both").get(random.nextInt(5)),
        random.nextInt(4) == 0,
        random.nextInt(3) == 0,
        random.nextInt(3),
        random.nextInt(3) == 0 ? 10 : MANY_ENDPOINTS,
        random.nextInt(8) != 0,
        more(random));
  }

  private static List<String> more(SplittableRandom random) {
    List<String> more = new ArrayList<>();
    more.add("--resync-interval=" + List.of("100ms", "500ms", "2s").get(random.nextInt(3)));
    more.add("--netlink-buffer=" + List.of("64KiB", "64KiB", "64MiB").get(random.nextInt(3)));
    more.addAll(random.nextInt(3) == 0 ? List.of("--accounting") : List.of());
    more.addAll(random.nextInt(3) == 0 ? List.of("--histograms") : List.of());
    return more;
  }

  boolean isRoomy() {
    return maxEndpoints == MANY_ENDPOINTS;
  }

  /** Whether flows of this protocol are counted. */
  boolean counts(int protocol) {
    return protocols.contains(nameOf(protocol));
  }

  static String nameOf(int protocol) {
    return switch (protocol) {
      case Tuple.TCP -> "tcp";
      case Tuple.UDP -> "udp";
      case Tuple.ICMP, Tuple.ICMPV6 -> "icmp";
      default -> "";
    };
  }

  /** The options, without the path of the rules file. */
  List<String> options() {
    List<String> options = new ArrayList<>(more);
    options.add("--protocols=" + String.join(",", protocols));
    options.add("--nat=" + nat);
    options.add("--max-endpoints=" + maxEndpoints);
    options.add("--endpoint-retention=24h");
    add(options, zones, "--zones");
    add(options, directions, "--direction-label");
    add(options, clientPorts, "--client-ports");
    add(options, ignoring, "--ignore-hosts=" + IGNORED);
    add(options, others > 0, "--netns=/run/netns/*");
    add(options, !events, "--no-events");
    return options;
  }

  private static void add(List<String> options, boolean wanted, String option) {
    if (wanted) {
      options.add(option);
    }
  }
}
