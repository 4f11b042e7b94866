package io.conntrack.exporter.http;

import io.conntrack.exporter.terms.WebPaths;
import io.conntrack.exporter.web.LocalRequest;
import io.conntrack.exporter.web.LocalRequest.Answer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;

/**
 * For container engines: asks the daemon that runs on this host with the same options whether it is
 * healthy.
 */
public final class HealthCheck {
  private static final int LIMIT_MS = 5_000;

  /** What a healthy exporter may answer somebody without password, too. */
  private static final Set<Integer> REFUSALS = Set.of(HttpURLConnection.HTTP_UNAUTHORIZED, 429);

  private HealthCheck() {}

  /**
   * Returns if the daemon answers {@code /-/healthy} with 200 within 5 s.
   *
   * @param guarded whether a web configuration file may ask for TLS, passwords and client
   *     certificates. It is not read: what is in force may be an older version. That the exporter
   *     asks for a password or a certificate then shows its health too
   * @throws IOException if not; the message says what was asked and what came
   */
  public static void run(InetSocketAddress address, boolean guarded) throws IOException {
    InetSocketAddress asked = asked(MetricsServer.resolved(address));
    String url = "http://" + MetricsServer.hostAndPort(asked) + WebPaths.HEALTHY;
    LocalRequest request = new LocalRequest(asked, WebPaths.HEALTHY, LIMIT_MS);
    Answer answer;
    try {
      answer = guarded ? request.plainOrSecure(Optional.empty()) : request.plain();
    } catch (IOException e) {
      throw new IOException("not healthy: " + url + ": " + e.getMessage(), e);
    }
    if (!isHealthy(answer, guarded)) {
      throw new IOException("not healthy: " + url + " answers with status " + answer.status());
    }
  }

  private static boolean isHealthy(Answer answer, boolean guarded) {
    return answer.status() == HttpURLConnection.HTTP_OK
        || (guarded && (answer.wantsCertificate() || REFUSALS.contains(answer.status())));
  }

  /** If the daemon listens on every address, it is asked at a loopback address. */
  private static InetSocketAddress asked(InetSocketAddress address) {
    InetAddress host =
        address.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress()
            : address.getAddress();
    return new InetSocketAddress(host, address.getPort());
  }
}
