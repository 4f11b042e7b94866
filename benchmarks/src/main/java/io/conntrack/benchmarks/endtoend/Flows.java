package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The flows that are measured with: connections that a host has opened, the same that {@code ctfill
 * -e ENDPOINTS} writes.
 */
final class Flows {
  /** As many as are shown by default. */
  static final int ENDPOINTS = 10_000;

  private static final String LOCAL = "10.77.0.2";
  private static final InetAddress LOCAL_ADDRESS = InetAddress.ofLiteral(LOCAL);
  private static final int FIRST_REMOTE = 0x0a800000;
  private static final int FIRST_SOURCE = 0x0a400000;
  private static final int SOURCES = 999;
  private static final int FIRST_PORT = 1024;
  private static final int SERVICE = 443;
  private static final int LIFE_SECONDS = 86_400;

  private Flows() {}

  /** A namespace whose host has opened the flows. */
  static Namespace namespace() {
    Namespace namespace = Namespace.create();
    namespace.sh("ip address add " + LOCAL + "/32 dev lo");
    return namespace;
  }

  /** Flows by number, over {@link #ENDPOINTS} endpoints. */
  static Stream<SyntheticFlow> of(int from, int to) {
    return of(from, to, ENDPOINTS);
  }

  static Stream<SyntheticFlow> of(int from, int to, int endpoints) {
    return IntStream.range(from, to).mapToObj(number -> flow(number, endpoints));
  }

  static SyntheticFlow flow(int number, int endpoints) {
    int port = FIRST_PORT + number / endpoints;
    InetAddress remote = address(FIRST_REMOTE + number % endpoints);
    return SyntheticFlow.of(new Tuple(Tuple.TCP, LOCAL_ADDRESS, port, remote, SERVICE))
        .timeoutSeconds(LIFE_SECONDS);
  }

  /** The same, of connections that other hosts have opened, each the next one. */
  static Stream<SyntheticFlow> forwarded(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(number -> {
          Tuple tuple = flow(number, ENDPOINTS).original();
          InetAddress source = address(FIRST_SOURCE + number % SOURCES);
          return SyntheticFlow.of(tuple.from(source, tuple.sourcePort()))
              .timeoutSeconds(LIFE_SECONDS);
        });
  }

  private static InetAddress address(int bits) {
    byte[] octets = {(byte) (bits >> 24), (byte) (bits >> 16), (byte) (bits >> 8), (byte) bits};
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError("an IPv4 address has 4 octets", e);
    }
  }
}
