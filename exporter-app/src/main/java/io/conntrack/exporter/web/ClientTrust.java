package io.conntrack.exporter.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Checks the certificate of a client. */
final class ClientTrust extends X509ExtendedTrustManager {
  /** The type of an IP address among a certificate's names. */
  private static final int IP_ADDRESS = 7;

  /** E-mail, DNS, URI and IP address: of what a client may be known by. */
  private static final Set<Integer> NAMES = Set.of(1, 2, 6, IP_ADDRESS);

  /** Null where any certificate will do. */
  private final X509ExtendedTrustManager verifier;

  /** Null where any name will do. */
  private final Set<String> allowedNames;

  private final List<X509Certificate> authorities;

  /**
   * Asks for certificates.
   *
   * @param verified whether one of the authorities must have signed
   * @param allowedNames of which a certificate must have one; null where any will do
   */
  ClientTrust(List<X509Certificate> authorities, boolean verified, Collection<String> allowedNames)
      throws GeneralSecurityException, IOException {
    this.authorities = List.copyOf(authorities);
    this.verifier = verified ? verifier(authorities) : null;
    this.allowedNames = allowedNames == null ? null : Set.copyOf(allowedNames);
  }

  private static X509ExtendedTrustManager verifier(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("ca" + i, authorities.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    if (verifier != null) {
      verifier.checkClientTrusted(chain, authType, engine);
    }
    if (allowedNames != null && !hasAllowedName(chain[0])) {
      throw new CertificateException("client_allowed_sans has no name of the certificate");
    }
  }

  private boolean hasAllowedName(X509Certificate certificate) throws CertificateException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    if (names == null) {
      return false;
    }
    return names.stream()
        .filter(name -> NAMES.contains((Integer) name.get(0)) && name.get(1) instanceof String)
        .anyMatch(name -> isAllowed((Integer) name.get(0), (String) name.get(1)));
  }

  private boolean isAllowed(int type, String name) {
    return type == IP_ADDRESS
        ? allowedNames.stream().anyMatch(allowed -> isSameAddress(allowed, name))
        : allowedNames.contains(name);
  }

  /** An IPv6 address can be written in several ways. */
  private static boolean isSameAddress(String allowed, String name) {
    try {
      return InetAddress.ofLiteral(allowed).equals(InetAddress.ofLiteral(name));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.toArray(X509Certificate[]::new);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("engines alone are used");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("engines alone are used");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("this is no client");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("this is no client");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("this is no client");
  }
}
