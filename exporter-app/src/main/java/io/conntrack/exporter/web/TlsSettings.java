package io.conntrack.exporter.web;

import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * What TLS connections begin with.
 *
 * @param context has the server's certificate, and checks those of clients
 * @param certificate the server's
 * @param protocols the versions, as Java names them
 * @param cipherSuites in the order of preference
 * @param serverOrder whether this order counts, or the client's
 * @param namedGroups of key exchange, in the order of preference; the JDK's if empty
 */
record TlsSettings(
    SSLContext context,
    X509Certificate certificate,
    List<String> protocols,
    List<String> cipherSuites,
    boolean serverOrder,
    List<String> namedGroups,
    Asked asked) {

  /** Whether a client is asked for a certificate. */
  enum Asked {
    NO,
    WANTED,
    NEEDED
  }

  /** For one connection. */
  SSLParameters parameters() {
    SSLParameters parameters =
        new SSLParameters(cipherSuites.toArray(String[]::new), protocols.toArray(String[]::new));
    parameters.setUseCipherSuitesOrder(serverOrder);
    if (!namedGroups.isEmpty()) {
      parameters.setNamedGroups(namedGroups.toArray(String[]::new));
    }
    switch (asked) {
      case NO -> {}
      case WANTED -> parameters.setWantClientAuth(true);
      case NEEDED -> parameters.setNeedClientAuth(true);
    }
    return parameters;
  }
}
