package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlDocument;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** Loads what reading a web configuration file needs while the options are still taken apart. */
final class TlsPreload {
  private TlsPreload() {}

  static void start() {
    Thread.ofPlatform().name("tls").daemon().start(TlsPreload::load);
  }

  private static void load() {
    try {
      TlsVersions.leaveToTheFile();
      SSLContext.getInstance("TLS").init(null, new TrustManager[0], null);
      CertificateFactory.getInstance("X.509");
      KeyFactory.getInstance("RSA");
      YamlDocument.parse("preload: [true]");
    } catch (GeneralSecurityException | FileException e) {
      // Then reading the file says so.
    }
  }
}
