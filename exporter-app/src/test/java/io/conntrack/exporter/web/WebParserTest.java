package io.conntrack.exporter.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.files.FileException;
import io.conntrack.testbed.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a web configuration file may say. */
class WebParserTest {
  private static final String HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
  private static final String PAIR = "cert_file: server.pem, key_file: server.key";

  @TempDir private static Path folder;

  @BeforeAll
  static void certificates() throws IOException {
    Certificates certificates = new Certificates(folder);
    certificates.issue("server", "rsa:2048", "DNS:localhost");
    certificates.issue("other", "rsa:2048", "DNS:localhost");
    certificates.issue("ec", "ec -pkeyopt ec_paramgen_curve:P-256", "DNS:localhost");
    certificates.issue("ec521", "ec -pkeyopt ec_paramgen_curve:P-521", "DNS:localhost");
    certificates.issue("ed", "ed25519", "DNS:localhost");
    certificates.openssl("rsa -in server.key -traditional -out server.pkcs1.key");
    certificates.openssl("ec -in ec.key -out ec.sec1.key");
    certificates.openssl("ec -in ec.key -no_public -out ec.bare.key");
    certificates.openssl("ec -in ec521.key -out ec521.sec1.key");
    certificates.openssl("ecparam -name prime256v1 -genkey -out parameters.key");
    certificates.openssl("req -x509 -key parameters.key -days 30 -subj /CN=p -out parameters.pem");
    certificates.openssl("pkcs8 -topk8 -in server.key -passout pass:x -out server.encrypted.key");
    certificates.openssl(
        "rsa -in server.key -traditional -aes128 -passout pass:x -out server.encrypted1.key");
    Files.writeString(folder.resolve("nothing.pem"), "nothing\n");
    Files.writeString(
        folder.resolve("damaged.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    Files.writeString(folder.resolve("open.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
    Files.writeString(
        folder.resolve("chain.pem"),
        "subject=server\n"
            + Files.readString(folder.resolve("server.pem"))
            + Files.readString(folder.resolve("ca.pem")));
  }

  private static WebSettings parse(String text) throws FileException {
    return WebParser.parse(text, folder, path -> {});
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing",
        "tls_server_config:",
        "{}",
        "tls_server_config: {min_version: TLS13}"
      })
  void aFileThatAsksForNothingIsTaken(String text) throws FileException {
    assertThat(parse(text)).isEqualTo(WebSettings.NONE);
  }

  @Test
  void allThatIsPlainIsRead() throws FileException {
    WebSettings settings =
        parse(
            "http_server_config:\n  http2: no\n  headers:\n    X-Frame-Options: deny\n"
                + "    Strict-Transport-Security: max-age=1\n    X-XSS-Protection:\n"
                + "basic_auth_users:\n  ann: "
                + HASH
                + "\n  7: '"
                + HASH.replace("2y", "2a")
                + "'\n"
                + "rate_limit:\n  interval: 1m1.5s\n  burst: 3\n");
    assertThat(settings.tls()).isNull();
    assertThat(settings.headers())
        .isEqualTo(
            Map.of(
                "X-Frame-Options", "deny",
                "Strict-Transport-Security", "max-age=1",
                "X-XSS-Protection", ""));
    assertThat(settings.users()).containsOnlyKeys("ann", "7").containsEntry("ann", HASH);
    assertThat(settings.rateLimit()).isEqualTo(new RateLimit(61_500_000_000L, 3));
    assertThat(settings.toString()).doesNotContain(HASH);
  }

  @ParameterizedTest
  @CsvSource({
    "server.pem, server.key",
    "server.pem, server.pkcs1.key",
    "chain.pem, server.key",
    "ec.pem, ec.key",
    "ec.pem, ec.sec1.key",
    "ec.pem, ec.bare.key",
    "ec521.pem, ec521.sec1.key",
    "parameters.pem, parameters.key",
    "ed.pem, ed.key"
  })
  void keysAreTakenAsPeopleHaveThem(String certificate, String key) throws Exception {
    assertThat(
            parse("tls_server_config: {cert_file: " + certificate + ", key_file: " + key + "}")
                .tls())
        .isNotNull();
    String inline =
        "tls_server_config:\n  cert: |\n"
            + Files.readString(folder.resolve(certificate)).indent(4)
            + "  key: |\n"
            + Files.readString(folder.resolve(key)).indent(4);
    assertThat(parse(inline).tls()).isNotNull();
  }

  @Test
  void allThatConcernsTlsIsRead() throws FileException {
    TlsSettings tls =
        parse(
                "tls_server_config: {"
                    + PAIR
                    + ", client_auth_type: VerifyClientCertIfGiven,"
                    + " client_ca_file: ca.pem, min_version: TLS10, max_version: TLS12,"
                    + " cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384],"
                    + " prefer_server_cipher_suites: false,"
                    + " curve_preferences: [CurveP256, X25519]}")
            .tls();
    assertThat(tls.protocols()).containsExactly("TLSv1", "TLSv1.1", "TLSv1.2");
    assertThat(tls.parameters().getWantClientAuth()).isTrue();
    assertThat(tls.parameters().getUseCipherSuitesOrder()).isFalse();
    assertThat(tls.parameters().getNamedGroups()).containsExactly("secp256r1", "x25519");
    assertThat(tls.cipherSuites())
        .contains("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
        .hasSize(4);
  }

  @Test
  void aCertificateMustBeThereWhereItsNameCounts() throws FileException {
    TlsSettings tls =
        parse(
                "tls_server_config: {"
                    + PAIR
                    + ", client_auth_type: RequestClientCert,"
                    + " client_allowed_sans: [a]}")
            .tls();
    assertThat(tls.parameters().getNeedClientAuth()).isTrue();
  }

  @Test
  void theFilesThatAreReadAreTold() throws FileException {
    List<Path> read = new ArrayList<>();
    WebParser.parse(
        "tls_server_config: {"
            + PAIR
            + ", client_ca_file: ca.pem,"
            + " client_auth_type: RequireAndVerifyClientCert}",
        folder,
        read::add);
    assertThat(read)
        .containsExactly(
            folder.resolve("server.pem"), folder.resolve("server.key"), folder.resolve("ca.pem"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[a] | line 1, column 1: the file must have keys and values below it, not a list",
        "tls_config: {} | line 1, column 1: unknown key 'tls_config'; the file has"
            + " tls_server_config, http_server_config, basic_auth_users and rate_limit",
        "http_server_config: {http2: true} | line 1, column 29: http2 cannot be true, since the"
            + " exporter speaks HTTP/1.1; leave it out",
        "http_server_config: {http2: 1} | line 1, column 29: http2 must be true or false, not '1'",
        "http_server_config: {headers: {Server: a}} | line 1, column 32: the header 'Server' cannot"
            + " be set; these can: Content-Security-Policy, Strict-Transport-Security,"
            + " X-Content-Type-Options, X-Frame-Options, X-XSS-Protection",
        "http_server_config: {headers: {X-Frame-Options: allow}} | line 1, column 49:"
            + " X-Frame-Options must be deny or sameorigin, not 'allow'",
        "`http_server_config: {headers: {X-XSS-Protection: \"a\\r\\nb: c\"}}` | line 1, column 50:"
            + " X-XSS-Protection must be one line of printable ASCII",
        "basic_auth_users: {ann: secret} | line 1, column 25: the value of the user 'ann' is no"
            + " bcrypt hash such as $2y$10$ and 53 characters; 'htpasswd -nBC 10 \"\"' makes one",
        "basic_auth_users: secret | line 1, column 19: basic_auth_users must have keys and values"
            + " below it, not a text",
        "basic_auth_users: {ann: $2y$19$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi} |"
            + " line 1, column 25: the cost of the user 'ann''s hash must be 4 to 18, not 19;"
            + " 'htpasswd -nBC 10 \"\"' makes a hash of cost 10",
        "rate_limit: {interval: 1s, burst: many} | line 1, column 35: burst must be a whole number"
            + " from 0 to 1000000, not 'many'",
        "rate_limit: {interval: 1 s, burst: 1} | line 1, column 24: interval must be a time from 0"
            + " to 24h such as 1s or 100ms, not '1 s'",
        "rate_limit: {interval: 1s} | line 1, column 13: rate_limit with an interval and no burst"
            + " would refuse every request; set burst to 1 or more, or interval to 0 for no limit",
      })
  void whatIsWrongIsToldWithItsPlaceAndTheRemedy(String text, String message) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(FileException.class).hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "cert_file: server.pem | 20 | tls_server_config lacks a key; add key_file or key",
        "client_auth_type: NoClientCert | 20 | tls_server_config lacks a certificate; add cert_file"
            + " or cert",
        "cert_file: none.pem, key_file: server.key | 32 | cert_file 'none.pem': there is no such"
            + " file",
        "cert_file: nothing.pem, key_file: server.key | 32 | cert_file 'nothing.pem': it has no"
            + " certificate; it must have a block '-----BEGIN CERTIFICATE-----'",
        "cert_file: open.pem, key_file: server.key | 32 | cert_file 'open.pem': the block"
            + " 'CERTIFICATE' has no END line",
        "cert_file: server.pem, key_file: server.pem | 54 | key_file 'server.pem': it has no private"
            + " key; it must have a block '-----BEGIN PRIVATE KEY-----'",
        "cert_file: server.pem, key_file: server.encrypted.key | 54 | key_file"
            + " 'server.encrypted.key': the key is encrypted; 'openssl pkey -in KEY -out PLAIN'"
            + " decrypts it",
        "cert_file: server.pem, key_file: server.encrypted1.key | 54 | key_file"
            + " 'server.encrypted1.key': the key is encrypted; 'openssl pkey -in KEY -out PLAIN'"
            + " decrypts it",
        "cert_file: server.pem, key_file: other.key | 54 | key_file 'other.key': this is not the key"
            + " of the first certificate of cert_file 'server.pem'; name two that belong together,"
            + " with the server's own certificate first",
        "cert_file: ec.pem, key_file: parameters.key | 50 | key_file 'parameters.key': this is not"
            + " the key of the first certificate of cert_file 'ec.pem'; name two that belong"
            + " together, with the server's own certificate first",
        "cert_file: server.pem, key: hush | 49 | key: it has no private key; it must have a block"
            + " '-----BEGIN PRIVATE KEY-----'",
        "min_version: TLS9 | 34 | min_version must be TLS10, TLS11, TLS12 or TLS13, not 'TLS9'",
        "min_version: TLS13, max_version: TLS12 | 54 | min_version, TLS13, is above max_version,"
            + " TLS12, so no client could connect; swap them",
        "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA] | 37 | unknown cipher suite"
            + " 'TLS_RSA_WITH_AES_128_CBC_SHA'; these are known:"
            + " TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
            + " TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
            + " TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,"
            + " TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,"
            + " TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,"
            + " TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384,"
            + " TLS_CHACHA20_POLY1305_SHA256",
        "cipher_suites: a | 36 | cipher_suites must be a list, each line beginning with '- ', not"
            + " 'a'",
        "curve_preferences: [secp256k1] | 41 | unknown curve 'secp256k1'; these are known: X25519,"
            + " CurveP256, CurveP384, CurveP521",
        "cert_file: server.pem, key_file: server.key, client_auth_type: Maybe | 84 |"
            + " client_auth_type must be NoClientCert, RequestClientCert, RequireAnyClientCert,"
            + " VerifyClientCertIfGiven or RequireAndVerifyClientCert, not 'Maybe'",
        "cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem | 82 | client_ca_file"
            + " 'ca.pem': no client is asked for a certificate; add 'client_auth_type:"
            + " RequireAndVerifyClientCert', or remove this key",
        "insecure: true | 21 | unknown key 'insecure'; tls_server_config has cert_file, key_file,"
            + " cert, key, client_auth_type, client_ca_file, client_ca, client_allowed_sans,"
            + " min_version, max_version, cipher_suites, prefer_server_cipher_suites and"
            + " curve_preferences",
      })
  void whatIsWrongOfTlsIsToldWithItsPlaceAndTheRemedy(String keys, int column, String message) {
    assertThatThrownBy(() -> parse("tls_server_config: {" + keys + "}"))
        .isInstanceOf(FileException.class)
        .hasMessage("line 1, column " + column + ": " + message);
  }

  @Test
  void aDamagedCertificateIsRefused() {
    assertThatThrownBy(
            () -> parse("tls_server_config: {cert_file: damaged.pem, key_file: server.key}"))
        .hasMessageStartingWith("line 1, column 32: cert_file 'damaged.pem': a certificate is");
  }
}
