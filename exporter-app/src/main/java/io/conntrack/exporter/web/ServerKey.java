package io.conntrack.exporter.web;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/** Shows the one certificate that there is, to clients that take its kind of key. */
final class ServerKey extends X509ExtendedKeyManager {
  private static final String ALIAS = "server";

  private final List<X509Certificate> chain;
  private final PrivateKey key;

  /** The server's certificate comes first, then those that lead to its CA. */
  ServerKey(List<X509Certificate> chain, PrivateKey key) {
    this.chain = List.copyOf(chain);
    this.key = key;
  }

  X509Certificate certificate() {
    return chain.getFirst();
  }

  @Override
  public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
    return keyType.equals(key.getAlgorithm()) ? ALIAS : null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return chain.toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return key;
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return null; // engines alone are used
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    return new String[0]; // this is no client
  }

  @Override
  public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
    return null;
  }
}
