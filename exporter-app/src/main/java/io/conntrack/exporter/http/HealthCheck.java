package io.conntrack.exporter.http;

import io.conntrack.exporter.terms.WebPaths;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/**
 * For container engines: asks the daemon that runs on this host with the same options whether it is
 * healthy.
 */
public final class HealthCheck {
  private static final int LIMIT_MS = 5_000;

  private HealthCheck() {}

  /**
   * Returns if the daemon answers {@code /-/healthy} with 200 within 5 s.
   *
   * @throws IOException if not; the message says what was asked and what came
   */
  public static void run(InetSocketAddress address) throws IOException {
    String url = url(MetricsServer.resolved(address));
    int status;
    try {
      var request = (HttpURLConnection) URI.create(url).toURL().openConnection();
      request.setConnectTimeout(LIMIT_MS);
      request.setReadTimeout(LIMIT_MS);
      status = request.getResponseCode();
    } catch (IOException e) {
      throw new IOException("not healthy: " + url + ": " + e.getMessage(), e);
    }
    if (status != HttpURLConnection.HTTP_OK) {
      throw new IOException("not healthy: " + url + " answers with status " + status);
    }
  }

  /** If the daemon listens on every address, it is asked at a loopback address. */
  private static String url(InetSocketAddress address) {
    InetAddress host =
        address.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress()
            : address.getAddress();
    InetSocketAddress asked = new InetSocketAddress(host, address.getPort());
    return "http://" + MetricsServer.hostAndPort(asked) + WebPaths.HEALTHY;
  }
}
