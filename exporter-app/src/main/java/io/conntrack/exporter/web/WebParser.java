package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlDocument;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Entry;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a web configuration file:
 *
 * <pre>
 * tls_server_config:
 *   cert_file: server.crt
 *   key_file: server.key
 * http_server_config:
 *   headers:
 *     X-Frame-Options: deny
 * basic_auth_users:
 *   prometheus: $2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG
 * rate_limit:
 *   interval: 100ms
 *   burst: 20
 * </pre>
 */
final class WebParser {
  private static final List<String> KEYS =
      List.of("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit");

  /** The headers that may be set, and their values; any value if there are none. */
  private static final Map<String, Set<String>> HEADERS =
      Map.of(
          "Content-Security-Policy", Set.of(),
          "Strict-Transport-Security", Set.of(),
          "X-Content-Type-Options", Set.of("nosniff"),
          "X-Frame-Options", Set.of("deny", "sameorigin"),
          "X-XSS-Protection", Set.of());

  private static final Pattern BCRYPT = Pattern.compile("\\$2[aby]\\$(\\d\\d)\\$[./A-Za-z0-9]{53}");

  /** A check at the largest cost takes half a minute, and others wait for it. */
  private static final int LEAST_COST = 4;

  private static final int LARGEST_COST = 18;

  private static final int MOST_USERS = 1_000;
  private static final int LARGEST_BURST = 1_000_000;

  private WebParser() {}

  /**
   * The settings of a file with this text.
   *
   * @param folder where relative paths begin
   * @param reads is told each file before it is read
   */
  static WebSettings parse(String text, Path folder, Consumer<Path> reads) throws FileException {
    YamlNode document = YamlDocument.parse(text);
    if (document == null) {
      return WebSettings.NONE;
    }
    Map<String, YamlNode> sections = YamlValues.keys(document, "the file", KEYS);
    WebSettings plain =
        new WebSettings(
            null,
            sections.containsKey("http_server_config")
                ? headers(sections.get("http_server_config"))
                : Map.of(),
            sections.containsKey("basic_auth_users")
                ? users(sections.get("basic_auth_users"))
                : Map.of(),
            sections.containsKey("rate_limit")
                ? rateLimit(sections.get("rate_limit"))
                : RateLimit.NONE);
    return sections.containsKey("tls_server_config")
        ? new WebSettings(
            new TlsParser(folder, reads).settings(sections.get("tls_server_config")),
            plain.headers(),
            plain.users(),
            plain.rateLimit())
        : plain;
  }

  private static Map<String, String> headers(YamlNode section) throws FileException {
    Map<String, YamlNode> keys =
        YamlValues.keys(section, "http_server_config", List.of("http2", "headers"));
    if (keys.containsKey("http2") && YamlValues.flag(keys.get("http2"), "http2")) {
      throw keys.get("http2")
          .wrong("http2 cannot be true, since the exporter speaks HTTP/1.1; leave it out");
    }
    Map<String, String> headers = new HashMap<>();
    if (keys.containsKey("headers")) {
      for (Entry entry : YamlValues.entries(keys.get("headers"), "headers")) {
        headers.put(entry.key().value(), header(entry));
      }
    }
    return headers;
  }

  private static String header(Entry entry) throws FileException {
    String name = entry.key().value();
    Set<String> values = HEADERS.get(name);
    if (values == null) {
      throw entry
          .key()
          .wrong(
              "the header "
                  + entry.key().kind()
                  + " cannot be set; these can: "
                  + String.join(", ", HEADERS.keySet().stream().sorted().toList()));
    }
    String value = YamlValues.isNothing(entry.value()) ? "" : YamlValues.text(entry.value(), name);
    if (!values.isEmpty() && !values.contains(value)) {
      throw entry
          .value()
          .wrong(
              name
                  + " must be "
                  + String.join(" or ", values.stream().sorted().toList())
                  + ", not "
                  + entry.value().kind());
    }
    // A line end would begin another header.
    if (!value.matches("[ -~]*")) {
      throw entry.value().wrong(name + " must be one line of printable ASCII");
    }
    return value;
  }

  private static Map<String, String> users(YamlNode section) throws FileException {
    Map<String, String> users = new HashMap<>();
    for (Entry entry : YamlValues.entries(section, "basic_auth_users")) {
      if (users.size() == MOST_USERS) {
        throw entry.key().wrong("more than " + MOST_USERS + " users; use client certificates");
      }
      users.put(entry.key().value(), hash(entry));
    }
    return users;
  }

  /** The message does not show it. */
  private static String hash(Entry entry) throws FileException {
    String user = entry.key().kind();
    String hash = entry.value() instanceof YamlNode.Text text ? text.value() : "";
    Matcher matcher = BCRYPT.matcher(hash);
    if (!matcher.matches()) {
      throw entry
          .value()
          .wrong(
              "the value of the user "
                  + user
                  + " is no bcrypt hash such as $2y$10$ and 53 characters; 'htpasswd -nBC 10 \"\"'"
                  + " makes one");
    }
    int cost = Integer.parseInt(matcher.group(1));
    if (cost < LEAST_COST || cost > LARGEST_COST) {
      throw entry
          .value()
          .wrong(
              "the cost of the user "
                  + user
                  + "'s hash must be "
                  + LEAST_COST
                  + " to "
                  + LARGEST_COST
                  + ", not "
                  + cost
                  + "; 'htpasswd -nBC 10 \"\"' makes a hash of cost 10");
    }
    return hash;
  }

  private static RateLimit rateLimit(YamlNode section) throws FileException {
    Map<String, YamlNode> keys =
        YamlValues.keys(section, "rate_limit", List.of("interval", "burst"));
    long intervalNs =
        keys.containsKey("interval") ? YamlValues.durationNs(keys.get("interval"), "interval") : 0;
    int burst =
        keys.containsKey("burst")
            ? YamlValues.number(keys.get("burst"), "burst", LARGEST_BURST)
            : 0;
    if (intervalNs != 0 && burst == 0) {
      throw section.wrong(
          "rate_limit with an interval and no burst would refuse every request; set burst to 1 or"
              + " more, or interval to 0 for no limit");
    }
    return new RateLimit(intervalNs, burst);
  }
}
