package io.conntrack.exporter.web;

import java.util.Map;

/**
 * What the file of {@code --web.config.file} says. Immutable.
 *
 * @param tls null for plain HTTP
 * @param headers that every answer has
 * @param users the bcrypt hash of each user's password; empty if everybody may read
 */
public record WebSettings(
    TlsSettings tls, Map<String, String> headers, Map<String, String> users, RateLimit rateLimit) {
  static final WebSettings NONE = new WebSettings(null, Map.of(), Map.of(), RateLimit.NONE);

  public WebSettings {
    headers = Map.copyOf(headers);
    users = Map.copyOf(users);
  }

  /** Without the values, which are secrets. */
  @Override
  public String toString() {
    return "WebSettings[tls=" + (tls != null) + ", users=" + users.keySet() + "]";
  }
}
