package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.FileText;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Text;
import io.conntrack.exporter.web.TlsSettings.Asked;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** Reads {@code tls_server_config}, and the certificates and keys that it names. */
final class TlsParser {
  private static final String SECTION = "tls_server_config";
  private static final List<String> KEYS =
      List.of(
          "cert_file",
          "key_file",
          "cert",
          "key",
          "client_auth_type",
          "client_ca_file",
          "client_ca",
          "client_allowed_sans",
          "min_version",
          "max_version",
          "cipher_suites",
          "prefer_server_cipher_suites",
          "curve_preferences");

  /** Any of them turns TLS on. */
  private static final List<String> SWITCHES =
      List.of(
          "cert_file",
          "key_file",
          "cert",
          "key",
          "client_auth_type",
          "client_ca_file",
          "client_ca");

  /** Where systems have the CAs that they trust; the first that is there. */
  private static final List<Path> SYSTEM_CAS =
      List.of(
          Path.of("/etc/ssl/certs/ca-certificates.crt"),
          Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
          Path.of("/etc/ssl/cert.pem"));

  /** After a reload clients begin anew. */
  private static final int SESSION_S = 600;

  private static final int MOST_SESSIONS = 64;

  /** Text of a file or of the configuration, and where that has it. */
  private record Source(YamlNode node, String name, String text) {
    /** What is wrong with it. */
    FileException wrong(String message) {
      return node.wrong(name + ": " + message);
    }
  }

  private final Path folder;
  private final Consumer<Path> reads;

  TlsParser(Path folder, Consumer<Path> reads) {
    this.folder = folder;
    this.reads = reads;
  }

  /** Null if TLS is not asked for. */
  TlsSettings settings(YamlNode section) throws FileException {
    Map<String, YamlNode> keys = YamlValues.keys(section, SECTION, KEYS);
    TlsVersions versions = TlsVersions.of(keys);
    List<String> cipherSuites = TlsNames.cipherSuites(keys.get("cipher_suites"));
    List<String> namedGroups = TlsNames.namedGroups(keys.get("curve_preferences"));
    boolean serverOrder =
        !keys.containsKey("prefer_server_cipher_suites")
            || YamlValues.flag(
                keys.get("prefer_server_cipher_suites"), "prefer_server_cipher_suites");
    if (!isOn(keys)) {
      return null;
    }
    ServerKey serverKey = serverKey(section, keys);
    ClientAuth auth = clientAuth(keys);
    Collection<String> names =
        keys.containsKey("client_allowed_sans")
            ? YamlValues.texts(keys.get("client_allowed_sans"), "client_allowed_sans").stream()
                .map(Text::value)
                .toList()
            : null;
    return new TlsSettings(
        context(section, serverKey, clientTrust(keys, auth, names)),
        serverKey.certificate(),
        versions.names(),
        cipherSuites,
        serverOrder,
        namedGroups,
        asked(auth, names != null));
  }

  private static boolean isOn(Map<String, YamlNode> keys) throws FileException {
    for (String name : SWITCHES) {
      if (YamlValues.text(keys, name).isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** A certificate that must have a certain name must be there. */
  private static Asked asked(ClientAuth auth, boolean named) {
    if (auth == ClientAuth.NONE) {
      return Asked.NO;
    }
    return auth.isRequired() || named ? Asked.NEEDED : Asked.WANTED;
  }

  private ServerKey serverKey(YamlNode section, Map<String, YamlNode> keys) throws FileException {
    Source certificate = source(keys, "cert_file", "cert");
    Source key = source(keys, "key_file", "key");
    if (certificate == null || key == null) {
      String lacks = certificate == null ? "cert" : "key";
      throw section.wrong(
          SECTION
              + " lacks a "
              + (certificate == null ? "certificate" : "key")
              + "; add "
              + lacks
              + "_file or "
              + lacks);
    }
    List<X509Certificate> chain = certificates(certificate);
    PemKey serverKey;
    try {
      serverKey = PemKey.of(key.text());
    } catch (FileException e) {
      throw key.wrong(e.getMessage());
    }
    if (!serverKey.fits(chain.getFirst().getPublicKey())) {
      throw key.wrong(
          "this is not the key of the first certificate of "
              + certificate.name()
              + "; name two that belong together, with the server's own certificate first");
    }
    return new ServerKey(chain, serverKey.key());
  }

  /** Of a file or of the configuration itself; null if neither is there. The file wins. */
  private Source source(Map<String, YamlNode> keys, String file, String inline)
      throws FileException {
    Optional<String> path = YamlValues.text(keys, file);
    if (path.isPresent()) {
      YamlNode node = keys.get(file);
      String name = file + " " + FileException.quoted(path.get());
      try {
        Path resolved = folder.resolve(path.get());
        reads.accept(resolved);
        return new Source(node, name, FileText.read(resolved, "name a file of PEM"));
      } catch (InvalidPathException e) {
        throw node.wrong(name + ": this is no path");
      } catch (FileException e) {
        throw node.wrong(name + ": " + e.getMessage());
      }
    }
    Optional<String> text = YamlValues.text(keys, inline);
    return text.isPresent() ? new Source(keys.get(inline), inline, text.get()) : null;
  }

  private static List<X509Certificate> certificates(Source source) throws FileException {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Pem block : Pem.blocks(source.text())) {
        if (block.type().equals("CERTIFICATE")) {
          var der = new ByteArrayInputStream(block.der());
          certificates.add((X509Certificate) factory.generateCertificate(der));
        }
      }
    } catch (CertificateException e) {
      throw source.wrong(
          "a certificate is damaged: " + FileException.printable(String.valueOf(e.getMessage())));
    } catch (FileException e) {
      throw source.wrong(e.getMessage());
    }
    if (certificates.isEmpty()) {
      throw source.wrong(
          "it has no certificate; it must have a block '-----BEGIN CERTIFICATE-----'");
    }
    return certificates;
  }

  private static ClientAuth clientAuth(Map<String, YamlNode> keys) throws FileException {
    Optional<String> name = YamlValues.text(keys, "client_auth_type");
    if (name.isEmpty()) {
      return ClientAuth.NONE;
    }
    Optional<ClientAuth> auth = ClientAuth.named(name.get());
    if (auth.isEmpty()) {
      throw keys.get("client_auth_type")
          .wrong(
              "client_auth_type must be NoClientCert, RequestClientCert, RequireAnyClientCert,"
                  + " VerifyClientCertIfGiven or RequireAndVerifyClientCert, not "
                  + keys.get("client_auth_type").kind());
    }
    return auth.get();
  }

  private ClientTrust clientTrust(
      Map<String, YamlNode> keys, ClientAuth auth, Collection<String> names) throws FileException {
    Source authorities = source(keys, "client_ca_file", "client_ca");
    if (authorities != null && auth == ClientAuth.NONE) {
      throw authorities.wrong(
          "no client is asked for a certificate; add 'client_auth_type:"
              + " RequireAndVerifyClientCert', or remove this key");
    }
    if (auth == ClientAuth.NONE) {
      return null;
    }
    if (authorities == null && auth.isVerified()) {
      authorities = systemAuthorities(keys.get("client_auth_type"));
    }
    try {
      return new ClientTrust(
          authorities == null ? List.of() : certificates(authorities), auth.isVerified(), names);
    } catch (GeneralSecurityException | IOException e) {
      throw authorities.wrong(FileException.printable(e.toString()));
    }
  }

  /** As Go does it, the CAs that the system trusts sign for clients where none are named. */
  private Source systemAuthorities(YamlNode type) throws FileException {
    for (Path path : SYSTEM_CAS) {
      if (Files.isReadable(path)) {
        reads.accept(path);
        return new Source(type, path.toString(), FileText.read(path, "name client_ca_file"));
      }
    }
    throw type.wrong(
        "there is no CA that could have signed a client's certificate; add client_ca_file");
  }

  private static SSLContext context(YamlNode section, ServerKey key, ClientTrust trust)
      throws FileException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {key},
          trust == null ? new TrustManager[0] : new TrustManager[] {trust},
          null);
      context.getServerSessionContext().setSessionTimeout(SESSION_S);
      context.getServerSessionContext().setSessionCacheSize(MOST_SESSIONS);
      return context;
    } catch (GeneralSecurityException e) {
      throw section.wrong(SECTION + " cannot be used: " + FileException.printable(e.toString()));
    }
  }
}
