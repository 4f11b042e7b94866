import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificates for a training run by TLS, an RSA one and an EC one, made by the JDK's keytool.
 * Server and client show the same one.
 */
final class TrainingCertificates {
  static final String USER = "ann:fakepassword";
  private static final String PASSWORD = "training";
  private static final String CONFIGURATION =
      """
      tls_server_config:
        cert_file: server.pem
        key_file: server.key
        client_auth_type: VerifyClientCertIfGiven
        client_ca_file: server.pem
      basic_auth_users:
        ann: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
      """;

  private final Path folder;

  private TrainingCertificates(Path folder) {
    this.folder = folder;
  }

  static TrainingCertificates in(Path folder) throws IOException {
    Files.writeString(folder.resolve("web.yml"), CONFIGURATION);
    return new TrainingCertificates(folder);
  }

  Path configuration() {
    return folder.resolve("web.yml");
  }

  /** Writes the files of another pair, and has this program trust and show it. */
  void use(String algorithm) throws IOException, InterruptedException, GeneralSecurityException {
    Path file = folder.resolve(algorithm);
    keytool(
        "-genkeypair",
        "-keyalg",
        algorithm,
        algorithm.equals("EC") ? "-groupname" : "-keysize",
        algorithm.equals("EC") ? "secp256r1" : "2048",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-ext",
        "bc=ca:true",
        "-validity",
        "2",
        "-dname",
        "CN=localhost",
        "-storetype",
        "PKCS12",
        "-storepass",
        PASSWORD,
        "-keystore",
        file.toString());
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    String alias = store.aliases().nextElement();
    Certificate certificate = store.getCertificate(alias);
    pem("server.pem", "CERTIFICATE", certificate.getEncoded());
    pem("server.key", "PRIVATE KEY", store.getKey(alias, PASSWORD.toCharArray()).getEncoded());
    show(store, certificate);
  }

  private static void keytool(String... words) throws IOException, InterruptedException {
    List<String> command = new java.util.ArrayList<>(Arrays.asList(words));
    command.addFirst(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    int exitCode = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (exitCode != 0) {
      throw new IOException("keytool ends with " + exitCode);
    }
  }

  private void pem(String name, String type, byte[] der) throws IOException {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        folder.resolve(name),
        "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n");
  }

  private static void show(KeyStore store, Certificate certificate)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", certificate);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    HttpsURLConnection.setDefaultHostnameVerifier((host, session) -> true);
  }
}
