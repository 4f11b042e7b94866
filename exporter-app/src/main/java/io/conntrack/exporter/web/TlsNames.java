package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Text;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Names of cipher suites and curves: those of Go that the format takes, which are the safe ones.
 */
final class TlsNames {
  /** Of TLS 1.3. They are always spoken, whatever the file lists. */
  private static final List<String> NEWER =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  /** Of older versions, the best first. Java's names are the same. */
  private static final List<String> OLDER =
      List.of(
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA");

  private static final Map<String, String> CURVES =
      Map.of(
          "X25519", "x25519",
          "CurveP256", "secp256r1",
          "CurveP384", "secp384r1",
          "CurveP521", "secp521r1");

  private TlsNames() {}

  /** All if the key is absent, or its list empty. */
  static List<String> cipherSuites(YamlNode node) throws FileException {
    List<String> named = new ArrayList<>();
    for (Text text : node == null ? List.<Text>of() : YamlValues.texts(node, "cipher_suites")) {
      if (!OLDER.contains(text.value()) && !NEWER.contains(text.value())) {
        throw text.wrong(
            "unknown cipher suite "
                + text.kind()
                + "; these are known: "
                + String.join(", ", Stream.concat(OLDER.stream(), NEWER.stream()).toList()));
      }
      named.add(text.value());
    }
    Set<String> all = new LinkedHashSet<>(NEWER);
    all.addAll(named.isEmpty() ? OLDER : named);
    return List.copyOf(all);
  }

  /** Empty if the key is absent, or its list empty. */
  static List<String> namedGroups(YamlNode node) throws FileException {
    List<String> named = new ArrayList<>();
    for (Text text : node == null ? List.<Text>of() : YamlValues.texts(node, "curve_preferences")) {
      if (!CURVES.containsKey(text.value())) {
        throw text.wrong(
            "unknown curve "
                + text.kind()
                + "; these are known: X25519, CurveP256, CurveP384, CurveP521");
      }
      named.add(CURVES.get(text.value()));
    }
    return List.copyOf(new LinkedHashSet<>(named));
  }
}
