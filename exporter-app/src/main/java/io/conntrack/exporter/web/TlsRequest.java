package io.conntrack.exporter.web;

import io.conntrack.exporter.web.LocalRequest.Answer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** The part of {@link LocalRequest} that speaks TLS. One thread. */
final class TlsRequest {
  private final Optional<X509Certificate> expected;

  /** Whether the server has shown the certificate that is expected. */
  private boolean fits;

  /** Whether the server wants a certificate of the client. */
  private boolean wanted;

  TlsRequest(Optional<X509Certificate> expected) {
    this.expected = expected;
  }

  Answer ask(LocalRequest request) throws IOException {
    TlsVersions.leaveToTheFile();
    try {
      var connection =
          (HttpsURLConnection) URI.create(request.url("https")).toURL().openConnection();
      connection.setSSLSocketFactory(context().getSocketFactory());
      connection.setHostnameVerifier((host, session) -> true);
      return request.answer(connection);
    } catch (IOException e) {
      if (wanted && fits) {
        return Answer.CERTIFICATE_WANTED;
      }
      throw e;
    }
  }

  private SSLContext context() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new NoKey()}, new TrustManager[] {new AnyServer()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be used: " + e.getMessage(), e);
    }
  }

  /** Is asked for a key only if the server wants a certificate. */
  private final class NoKey extends X509ExtendedKeyManager {
    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
      wanted = true;
      return null;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[0];
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return null;
    }
  }

  /** Takes any server. */
  private final class AnyServer extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
      fits = expected.isEmpty() || expected.get().equals(chain[0]);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("sockets alone are used");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("sockets alone are used");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      throw new CertificateException("this is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("this is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("this is no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
