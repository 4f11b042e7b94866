package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.LocalAddresses;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** Makes flows and addresses from text, for tests to be readable. */
public final class Flows {
  static final int SYN_SENT = 1;
  static final int ESTABLISHED = 3;
  static final int FIN_WAIT = 4;
  static final int TIME_WAIT = 7;
  static final int CLOSE = 8;

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int TCP = 6;

  private Flows() {}

  /** A TCP flow from and to {@code address port}, without NAT. */
  public static Flow tcp(String source, String destination, int tcpState) {
    String replySource = destination;
    String replyDestination = source;
    return natted(source, destination, replySource, replyDestination, tcpState);
  }

  /** A TCP flow whose reply tuple is another than the original one turned around. */
  public static Flow natted(
      String source, String destination, String replySource, String replyDestination, int state) {
    Flow flow = new Flow();
    flow.family = source.contains(":") ? AF_INET6 : AF_INET;
    flow.protocol = TCP;
    flow.tcpState = state;
    flow.originalSourceHigh = high(address(source));
    flow.originalSourceLow = low(address(source));
    flow.originalSourcePort = port(source);
    flow.originalDestinationHigh = high(address(destination));
    flow.originalDestinationLow = low(address(destination));
    flow.originalDestinationPort = port(destination);
    flow.replySourceHigh = high(address(replySource));
    flow.replySourceLow = low(address(replySource));
    flow.replySourcePort = port(replySource);
    flow.replyDestinationHigh = high(address(replyDestination));
    flow.replyDestinationLow = low(address(replyDestination));
    flow.replyDestinationPort = port(replyDestination);
    return flow;
  }

  public static LocalAddresses local(String... addresses) {
    long[] words = new long[2 * addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      words[2 * i] = high(addresses[i]);
      words[2 * i + 1] = low(addresses[i]);
    }
    return LocalAddresses.of(words);
  }

  public static long high(String address) {
    return parse(address).getLong(0);
  }

  public static long low(String address) {
    return parse(address).getLong(8);
  }

  /** The address of {@code address port}. */
  static String address(String endpoint) {
    return endpoint.substring(0, endpoint.indexOf(' '));
  }

  /** The port of {@code address port}. */
  static int port(String endpoint) {
    return Integer.parseInt(endpoint.substring(endpoint.indexOf(' ') + 1));
  }

  private static ByteBuffer parse(String address) {
    try {
      InetAddress parsed = InetAddress.getByName(address);
      ByteBuffer bytes = ByteBuffer.allocate(16);
      if (parsed instanceof Inet4Address) {
        bytes.position(10).put((byte) 0xff).put((byte) 0xff);
      }
      return bytes.put(parsed.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an address: " + address, e);
    }
  }
}
