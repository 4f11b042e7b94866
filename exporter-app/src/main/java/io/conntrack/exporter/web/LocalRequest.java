package io.conntrack.exporter.web;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Asks a server of this host, and takes its answer for what it is: no certificate is checked, since
 * the question holds no secret.
 */
public final class LocalRequest {
  /** Longer answers are cut. */
  private static final int LONGEST_TEXT_BYTES = 100;

  /**
   * An answer.
   *
   * @param status of HTTP; 0 if the server wants a client certificate first
   * @param text how the body begins
   */
  public record Answer(int status, String text) {
    static final Answer CERTIFICATE_WANTED = new Answer(0, "");

    public boolean wantsCertificate() {
      return status == 0;
    }
  }

  private final InetSocketAddress address;
  private final String path;
  private final int limitMs;

  public LocalRequest(InetSocketAddress address, String path, int limitMs) {
    this.address = address;
    this.path = path;
    this.limitMs = limitMs;
  }

  /** Asks by plain HTTP. */
  public Answer plain() throws IOException {
    return answer((HttpURLConnection) URI.create(url("http")).toURL().openConnection());
  }

  /**
   * Asks by plain HTTP, and by TLS where that gets no answer: a server of TLS ends such a
   * connection at once, while one of plain HTTP would wait for more.
   *
   * @param certificate the server's. A server that shows another one and wants a client certificate
   *     is not taken for an answer. Any will do if it is absent
   */
  public Answer plainOrSecure(Optional<X509Certificate> certificate) throws IOException {
    try {
      return plain();
    } catch (ConnectException | SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return new TlsRequest(certificate).ask(this);
    }
  }

  String url(String scheme) {
    String host = address.getAddress().getHostAddress();
    return scheme
        + "://"
        + (host.contains(":") ? "[" + host + "]" : host)
        + ":"
        + address.getPort()
        + path;
  }

  Answer answer(HttpURLConnection request) throws IOException {
    request.setConnectTimeout(limitMs);
    request.setReadTimeout(limitMs);
    int status = request.getResponseCode();
    try (InputStream body =
        status < HttpURLConnection.HTTP_BAD_REQUEST
            ? request.getInputStream()
            : request.getErrorStream()) {
      return new Answer(
          status, body == null ? "" : new String(body.readNBytes(LONGEST_TEXT_BYTES), US_ASCII));
    }
  }
}
