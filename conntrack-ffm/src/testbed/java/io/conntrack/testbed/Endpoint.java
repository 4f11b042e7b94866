package io.conntrack.testbed;

import java.net.InetAddress;

/**
 * A remote endpoint, read back from its label or made from a tuple; equal however it is written.
 */
public record Endpoint(InetAddress address, int port) {
  public static final int NO_PORT = -1;

  /**
   * Reads {@code 10.0.0.1:80}, {@code [2001:db8::1]:80}, {@code 10.0.0.1} or {@code 2001:db8::1}.
   */
  public static Endpoint ofLabel(String label) {
    int lastColon = label.lastIndexOf(':');
    boolean bracketed = label.startsWith("[");
    boolean hasPort = bracketed || (label.indexOf(':') == lastColon && lastColon >= 0);
    if (!hasPort) {
      return new Endpoint(InetAddress.ofLiteral(label), NO_PORT);
    }
    String address = bracketed ? label.substring(1, lastColon - 1) : label.substring(0, lastColon);
    return new Endpoint(
        InetAddress.ofLiteral(address), Integer.parseInt(label.substring(lastColon + 1)));
  }
}
