package io.conntrack.packaging;

import java.util.List;
import java.util.stream.Stream;

/** Web configuration files, requests, and what comes of them. */
final class WebConfigTable {
  /** bcrypt of "fakepassword". */
  private static final String HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

  private static final String PAIR = "cert_file: server.pem, key_file: server.key";
  private static final String EC = "cert_file: ec.pem, key_file: ec.key";
  private static final String OLD = "-cipher ALL:@SECLEVEL=0";

  /**
   * One file.
   *
   * @param requests the scheme and options of curl, or s_client and its options
   * @param expected an answer for each request; one word if the file is refused
   */
  record Row(String name, String file, List<String> requests, List<String> expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  private WebConfigTable() {}

  static Stream<Row> rows() {
    return Stream.of(plain(), tls(), versions(), clients(), names(), refused())
        .flatMap(List::stream);
  }

  private static Row row(String name, String file, String... requestsAndAnswers) {
    List<String> all = List.of(requestsAndAnswers);
    return new Row(
        name,
        file,
        all.stream().filter(each -> isRequest(each)).toList(),
        all.stream().filter(each -> !isRequest(each)).toList());
  }

  private static boolean isRequest(String text) {
    return text.startsWith("http") || text.startsWith("s_client");
  }

  private static String tls(String keys) {
    return "tls_server_config: {" + keys + "}\n";
  }

  private static List<Row> plain() {
    String users =
        "basic_auth_users: {ann: " + HASH + ", \"b b\": '" + HASH.replace("2y", "2b") + "'}\n";
    return List.of(
        row("an empty file", "", "http", "200"),
        row("sections without keys", "tls_server_config:\nrate_limit: {}\n", "http", "200"),
        row(
            "users",
            users,
            "http",
            "401 Basic",
            "http -u ann:fakepassword",
            "200",
            "http -u ann:wrong",
            "401 Basic",
            "http -u ann:wrong",
            "401 Basic",
            "http -u eve:fakepassword",
            "401 Basic",
            "http -u ann:",
            "401 Basic",
            "http -u 'b b:fakepassword'",
            "200",
            "http -H 'Authorization: basic YW5uOmZha2VwYXNzd29yZA=='",
            "200",
            "http -H 'Authorization: Basic YW5uOmZha2VwYXNzd29yZA'",
            "401 Basic",
            "http -H 'Authorization: Basic YW5u'",
            "401 Basic",
            "http -H 'Authorization: Bearer YW5uOmZha2VwYXNzd29yZA=='",
            "401 Basic"),
        row(
            "headers",
            "http_server_config: {headers: {X-Frame-Options: deny,"
                + " Strict-Transport-Security: max-age=5, Content-Security-Policy: \"a 'b'\"}}\n",
            "http",
            "200 deny max-age=5 a 'b'"),
        row(
            "headers with users",
            "http_server_config: {headers: {X-Frame-Options: sameorigin}}\n" + users,
            "http",
            "401 Basic sameorigin",
            "http -u ann:fakepassword",
            "200 sameorigin"),
        row(
            "a rate limit",
            "rate_limit: {interval: 1h, burst: 2}\n",
            "http",
            "200",
            "http",
            "200",
            "http",
            "429"),
        row(
            "a rate limit comes before passwords",
            "rate_limit: {interval: 1h, burst: 1}\n" + users,
            "http",
            "401 Basic",
            "http -u ann:fakepassword",
            "429"),
        row(
            "no rate limit",
            "rate_limit: {interval: 0, burst: 0}\n",
            "http",
            "200",
            "http",
            "200"));
  }

  private static List<Row> tls() {
    return List.of(
        row(
            "TLS with RSA",
            tls(PAIR),
            "https",
            "200",
            "https --cacert ca.pem",
            "200",
            "s_client",
            "X25519 TLSv1.3 TLS_AES_128_GCM_SHA256",
            "s_client -tls1_2",
            "X25519 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256",
            "s_client -tls1_1 " + OLD,
            "(NONE) (NONE)"),
        row("TLS with EC", tls(EC), "https", "200", "https --tls-max 1.2", "200"),
        row("PKCS#1", tls("cert_file: server.pem, key_file: server.pkcs1.key"), "https", "200"),
        row("SEC 1", tls("cert_file: ec.pem, key_file: ec.sec1.key"), "https", "200"),
        row(
            "TLS with users and HTTP/2 off",
            tls(PAIR)
                + "http_server_config: {http2: false}\nbasic_auth_users: {ann: "
                + HASH
                + "}\n",
            "https",
            "401 Basic",
            "https -u ann:fakepassword",
            "200"));
  }

  private static List<Row> versions() {
    return List.of(
        row(
            "TLS 1.3 alone",
            tls(PAIR + ", min_version: TLS13"),
            "https",
            "200",
            "https --tls-max 1.2",
            "refused"),
        row(
            "TLS 1.2 at most",
            tls(PAIR + ", max_version: TLS12"),
            "https",
            "200",
            "https --tlsv1.3",
            "refused"),
        row(
            "TLS 1.0 and newer",
            tls(PAIR + ", min_version: TLS10"),
            "s_client -tls1 " + OLD,
            "X25519 TLSv1.0 ECDHE-RSA-AES128-SHA",
            "s_client -tls1_1 " + OLD,
            "X25519 TLSv1.0 ECDHE-RSA-AES128-SHA",
            "s_client",
            "X25519 TLSv1.3 TLS_AES_128_GCM_SHA256"),
        row(
            "one cipher suite",
            tls(PAIR + ", cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]")
                + "http_server_config: {http2: false}\n",
            "s_client -tls1_2",
            "X25519 TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384",
            "s_client -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256",
            "(NONE) (NONE)",
            "s_client",
            "X25519 TLSv1.3 TLS_AES_128_GCM_SHA256"),
        row(
            "a cipher suite of the other kind of key",
            tls(
                    PAIR
                        + ", cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384],"
                        + " prefer_server_cipher_suites: false")
                + "http_server_config: {http2: false}\n",
            "https --tls-max 1.2",
            "refused",
            "https",
            "200"),
        row(
            "no key exchange of another kind than ECDHE",
            tls(PAIR),
            "s_client -tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256",
            "(NONE) (NONE)"),
        row(
            "curves",
            tls(PAIR + ", curve_preferences: [CurveP384, CurveP256]"),
            "s_client -groups P-384",
            "ECDH TLSv1.3 TLS_AES_128_GCM_SHA256",
            "s_client -groups X25519",
            "(NONE) (NONE)",
            "s_client -tls1_2 -groups P-256",
            "ECDH TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256"));
  }

  private static List<Row> clients() {
    String client = "https --cert client.pem --key client.key";
    String stranger = "https --cert stranger.pem --key stranger.key";
    return List.of(
        row(
            "NoClientCert",
            tls(PAIR + ", client_auth_type: NoClientCert"),
            "https",
            "200",
            client,
            "200",
            stranger,
            "200"),
        row(
            "RequestClientCert",
            tls(PAIR + ", client_auth_type: RequestClientCert"),
            "https",
            "200",
            client,
            "200",
            stranger,
            "200"),
        row(
            "RequireAnyClientCert",
            tls(PAIR + ", client_auth_type: RequireAnyClientCert"),
            "https",
            "refused",
            client,
            "200",
            stranger,
            "200",
            "https --tls-max 1.2",
            "refused",
            stranger + " --tls-max 1.2",
            "200"),
        row(
            "RequireClientCert, an older name",
            tls(PAIR + ", client_auth_type: RequireClientCert"),
            "https",
            "refused",
            client,
            "200",
            stranger,
            "200"),
        row(
            "VerifyClientCertIfGiven",
            tls(PAIR + ", client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem"),
            "https",
            "200",
            client,
            "200",
            stranger,
            "refused"),
        row(
            "RequireAndVerifyClientCert",
            tls(PAIR + ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem"),
            "https",
            "refused",
            client,
            "200",
            stranger,
            "refused",
            "https --tls-max 1.2",
            "refused",
            client + " --tls-max 1.2",
            "200",
            stranger + " --tls-max 1.2",
            "refused"),
        row(
            "RequireAndVerifyClientCert with the client itself for its CA",
            tls(
                PAIR
                    + ", client_auth_type: RequireAndVerifyClientCert,"
                    + " client_ca_file: stranger.pem"),
            client,
            "refused",
            stranger,
            "200"),
        row(
            "RequireAndVerifyClientCert with the CAs of the system",
            tls(PAIR + ", client_auth_type: RequireAndVerifyClientCert"),
            "https",
            "refused",
            client,
            "refused",
            stranger,
            "refused"));
  }

  private static List<Row> names() {
    String verify = PAIR + ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem";
    String client = "https --cert client.pem --key client.key";
    String mail = "https --cert mail.pem --key mail.key";
    String uri = "https --cert uri.pem --key uri.key";
    return List.of(
        row(
            "a DNS name",
            tls(verify + ", client_allowed_sans: [other, prometheus.example]"),
            client,
            "200",
            mail,
            "refused",
            uri,
            "refused"),
        row(
            "an IP address and an e-mail address",
            tls(verify + ", client_allowed_sans: ['2001:db8::1', ann@example.org]"),
            client,
            "200",
            mail,
            "200",
            uri,
            "refused"),
        row(
            "a URI",
            tls(verify + ", client_allowed_sans: ['spiffe://example/ann']"),
            client,
            "refused",
            mail,
            "refused",
            uri,
            "200"),
        row("no name", tls(verify + ", client_allowed_sans: []"), client, "refused"),
        row(
            "a name where no CA counts",
            tls(
                PAIR
                    + ", client_auth_type: RequestClientCert,"
                    + " client_allowed_sans: [prometheus.example]"),
            "https",
            "refused",
            client,
            "200",
            mail,
            "refused"));
  }

  private static List<Row> refused() {
    return Stream.of(
            "tls_server_config: {cert_file: server.pem}",
            "tls_server_config: {key_file: server.key}",
            "tls_server_config: {cert_file: none.pem, key_file: server.key}",
            "tls_server_config: {cert_file: server.key, key_file: server.key}",
            "tls_server_config: {cert_file: ec.pem, key_file: server.key}",
            "tls_server_config: {" + PAIR + ", client_ca_file: ca.pem}",
            "tls_server_config: {" + PAIR + ", client_auth_type: Maybe}",
            "tls_server_config: {"
                + PAIR
                + ", client_auth_type: RequireAnyClientCert,"
                + " client_ca_file: none.pem}",
            "tls_server_config: {" + PAIR + ", min_version: TLS9}",
            "tls_server_config: {" + PAIR + ", cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]}",
            "tls_server_config: {" + PAIR + ", curve_preferences: [secp256k1]}",
            "tls_server_config: {" + PAIR + ", unknown: 1}",
            "unknown: 1",
            "http_server_config: {headers: {Server: a}}",
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            "http_server_config: {headers: {X-Content-Type-Options: sniff}}",
            "basic_auth_users: {ann: secret}",
            "basic_auth_users: [ann]",
            "rate_limit: {interval: fast, burst: 1}",
            "rate_limit: {interval: 1s, burst: many}",
            "tls_server_config: [",
            "basic_auth_users: {ann: a, ann: b}")
        .map(file -> row("refused: " + file, file + "\n", "http", "refused"))
        .toList();
  }
}
