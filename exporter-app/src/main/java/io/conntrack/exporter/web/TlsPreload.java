package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlDocument;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** Loads what reading a web configuration file needs while the options are still taken apart. */
public final class TlsPreload {
  private static final String OPTION = "--web.config.file";
  private static final String VARIABLE = "CONNTRACK_EXPORTER_WEB_CONFIG_FILE";

  private TlsPreload() {}

  /** Begins on a thread of its own, if there seems to be such a file. */
  public static void ifAskedFor(String[] words, Map<String, String> environment) {
    boolean asked = !environment.getOrDefault(VARIABLE, "").isEmpty();
    for (String word : words) {
      asked |= word.startsWith(OPTION);
    }
    if (asked) {
      Thread.ofPlatform().name("tls").daemon().start(TlsPreload::load);
    }
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
