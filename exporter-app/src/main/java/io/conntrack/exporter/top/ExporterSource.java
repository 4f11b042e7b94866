package io.conntrack.exporter.top;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.exporter.options.TopSettings;
import io.conntrack.exporter.terms.WebPaths;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;

/**
 * An exporter, asked over HTTP or HTTPS. What it answers is not trusted: its length is bounded, and
 * {@link Endpoints} checks what is in it.
 */
public final class ExporterSource implements EndpointSource {
  private static final int CONNECT_MS = 3_000;
  private static final int READ_MS = 5_000;

  /** A thousand endpoints take half a megabyte. */
  private static final int MOST_BYTES = 8 << 20;

  private static final int LONGEST_REASON = 300;
  private static final int LONGEST_PASSWORD_BYTES = 1 << 10;
  private static final String METRICS = "/metrics";

  private final URI address;
  private final Optional<Trust> trust;

  /** The header, or empty. */
  private final String authorization;

  private ExporterSource(URI address, Optional<Trust> trust, String authorization) {
    this.address = address;
    this.trust = trust;
    this.authorization = authorization;
  }

  /**
   * Asks nothing yet.
   *
   * @throws IOException if a file of the settings cannot be used
   */
  public static ExporterSource of(URI url, TopSettings settings) throws IOException {
    boolean secure = url.getScheme().equalsIgnoreCase("https");
    Optional<Trust> trust =
        secure && (settings.insecure() || settings.caFile().isPresent())
            ? Optional.of(Trust.of(settings.caFile(), settings.insecure()))
            : Optional.empty();
    return new ExporterSource(withoutUser(url), trust, authorization(url, settings));
  }

  /** Without what is behind the host but a prefix of a proxy. */
  private static URI withoutUser(URI url) {
    String path = url.getPath().replaceFirst("/+$", "");
    String prefix = path.endsWith(METRICS) ? path.substring(0, path.length() - 8) : path;
    try {
      return new URI(url.getScheme(), null, url.getHost(), url.getPort(), prefix, null, null);
    } catch (URISyntaxException e) {
      throw new AssertionError("parts of a URL make a URL", e);
    }
  }

  private static String authorization(URI url, TopSettings settings) throws IOException {
    String user = Optional.ofNullable(url.getUserInfo()).orElse("");
    if (settings.passwordFile().isPresent()) {
      Path file = settings.passwordFile().get();
      if (user.isEmpty()) {
        throw new IOException(
            "--password-file=" + file + " needs a user in the URL, as in --url=http://USER@HOST");
      }
      user = user.replaceFirst("(?s):.*", "") + ":" + firstLine(file);
    }
    return user.isEmpty()
        ? ""
        : "Basic " + Base64.getEncoder().encodeToString(user.getBytes(UTF_8));
  }

  private static String firstLine(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      String text = new String(in.readNBytes(LONGEST_PASSWORD_BYTES), UTF_8);
      return text.lines().findFirst().orElse("");
    } catch (IOException e) {
      throw new IOException("--password-file=" + file + " cannot be read: " + reason(e), e);
    }
  }

  @Override
  public String title() {
    return address.toString();
  }

  /**
   * Returns if this is an exporter that can be asked.
   *
   * @throws IOException if not; the message says why
   */
  public void probe() throws IOException {
    try {
      Endpoints.of(title(), ask(new EndpointQuery(TopSettings.HOST, true, 1, "")));
    } catch (NotReadyException e) {
      // It will be.
    }
  }

  @Override
  public String ask(EndpointQuery query) throws IOException {
    URI url = URI.create(address + WebPaths.ENDPOINTS + "?" + query.text());
    try {
      HttpURLConnection request = request(url);
      int status = request.getResponseCode();
      if (status != HttpURLConnection.HTTP_OK) {
        throw refused(status, body(request.getErrorStream(), LONGEST_REASON));
      }
      return body(request.getInputStream(), MOST_BYTES);
    } catch (Refusal | NotReadyException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(failed(e), e);
    }
  }

  private HttpURLConnection request(URI url) throws IOException {
    HttpURLConnection request = (HttpURLConnection) url.toURL().openConnection(Proxy.NO_PROXY);
    request.setConnectTimeout(CONNECT_MS);
    request.setReadTimeout(READ_MS);
    request.setInstanceFollowRedirects(false);
    request.setUseCaches(false);
    request.setRequestProperty("Accept", "application/json");
    if (!authorization.isEmpty()) {
      request.setRequestProperty("Authorization", authorization);
    }
    if (request instanceof HttpsURLConnection secure) {
      trust.ifPresent(each -> each.use(secure));
    }
    return request;
  }

  private String body(InputStream in, int mostBytes) throws IOException {
    if (in == null) {
      return "";
    }
    try (in) {
      byte[] bytes = in.readNBytes(mostBytes + 1);
      if (bytes.length > mostBytes && mostBytes == MOST_BYTES) {
        throw new Refusal(
            title() + " answers with more than " + (mostBytes >> 20) + " MB. " + Endpoints.FOREIGN);
      }
      return new String(bytes, 0, Math.min(bytes.length, mostBytes), UTF_8);
    }
  }

  /** An answer that has no data. */
  private static final class Refusal extends IOException {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
      super(message);
    }
  }

  private IOException refused(int status, String text) {
    String said = Text.safe(text.strip().replaceFirst("(?s)\\R.*", ""));
    return switch (status) {
      case HttpURLConnection.HTTP_UNAVAILABLE ->
          new NotReadyException(title() + " is not ready: " + said);
      case HttpURLConnection.HTTP_UNAUTHORIZED ->
          new Refusal(
              title()
                  + (authorization.isEmpty()
                      ? " wants a user and a password. Give both: --url=http://USER:PASSWORD@HOST,"
                          + " or the password in --password-file=FILE"
                      : " does not take this user and password. Its --web.config.file has those"
                          + " that it takes"));
      case HttpURLConnection.HTTP_NOT_FOUND ->
          new Refusal(
              title()
                  + " has no "
                  + WebPaths.ENDPOINTS
                  + " (status 404). An exporter has none if it is older than this program, or runs"
                  + " with --web.disable-page. A URL with another path may be right");
      default -> new Refusal(title() + " answers with status " + status + ": " + said);
    };
  }

  private String failed(IOException e) {
    String secure = address.getScheme().equalsIgnoreCase("https") ? "http" : "https";
    String remedy =
        switch (e) {
          case ConnectException refused ->
              address.getPort() < 0
                  ? "The URL has no port; an exporter listens on 9318 by default"
                  : "Start an exporter there, or name another one by --url";
          case UnknownHostException unknown -> "No address is known for this host";
          case SocketTimeoutException late ->
              "The network or the exporter may hang, or speak " + secure;
          case SSLException tls when reason(e).contains("Unsupported or unrecognized") ->
              "It seems to be plain HTTP: " + secure + "://";
          case SSLException tls ->
              "--ca-file=FILE names the certificate that is to be trusted; --insecure takes any";
          default -> "If it speaks " + secure + ", say so in --url";
        };
    return "cannot ask " + title() + ": " + reason(e) + ". " + remedy;
  }

  private static String reason(IOException e) {
    if (e instanceof SSLException && String.valueOf(e.getMessage()).contains("PKIX path")) {
      return "its certificate is not trusted";
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : Text.safe(e.getMessage());
  }
}
