package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.exposition.Scrapes.Rejection;
import io.conntrack.exporter.web.Passwords;
import io.conntrack.exporter.web.Passwords.Verdict;
import io.conntrack.exporter.web.RateLimit;
import io.conntrack.exporter.web.TokenBucket;
import io.conntrack.exporter.web.WebFile;
import io.conntrack.exporter.web.WebSettings;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;

/**
 * What the web configuration asks of every request before its page is looked for: the rate limit,
 * the headers, user and password, in this order. All paths are alike. Called by many threads at
 * once.
 */
public final class Guard implements HttpHandler {
  private static final String SCHEME = "Basic ";

  private final HttpHandler pages;
  private final WebFile file;
  private final Scrapes scrapes;

  /** Null until somebody has to tell a password. Guarded by this. */
  private Passwords passwords;

  /** Of the limit that is in force; null if there is none. Guarded by this. */
  private TokenBucket bucket;

  private RateLimit limit;

  /** Stands before the pages, as the file says, and counts what it refuses. */
  public Guard(HttpHandler pages, WebFile file, Scrapes scrapes) {
    this.pages = pages;
    this.file = file;
    this.scrapes = scrapes;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    WebSettings settings = file.settings();
    if (!isInLimit(settings.rateLimit())) {
      scrapes.reject(Rejection.RATE_LIMIT);
      refuse(429, "The exporter answers no more requests than rate_limit allows.", exchange);
      return;
    }
    settings.headers().forEach(exchange.getResponseHeaders()::set);
    switch (settings.users().isEmpty() ? Verdict.RIGHT : verdict(settings, exchange)) {
      case RIGHT -> pages.handle(exchange);
      case WRONG -> {
        scrapes.reject(Rejection.UNAUTHORIZED);
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"conntrack-exporter\"");
        refuse(401, "The exporter wants the name and the password of a user.", exchange);
      }
      case TOO_MANY -> {
        scrapes.reject(Rejection.WRONG_PASSWORDS);
        exchange.getResponseHeaders().set("Retry-After", "1");
        refuse(429, "The exporter has been asked with too many wrong passwords.", exchange);
      }
    }
  }

  private static void refuse(int status, String sentence, HttpExchange exchange)
      throws IOException {
    try (exchange) {
      Router.send(Answer.text(status, sentence), exchange);
    }
  }

  /** A limit that is the same after a reload goes on. */
  private synchronized boolean isInLimit(RateLimit now) {
    if (!now.equals(limit)) {
      limit = now;
      bucket = now.isNone() ? null : new TokenBucket(now, System.nanoTime());
    }
    return bucket == null || bucket.take(System.nanoTime());
  }

  private Verdict verdict(WebSettings settings, HttpExchange exchange) throws IOException {
    String header = exchange.getRequestHeaders().getFirst("Authorization");
    if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Verdict.WRONG;
    }
    String encoded = header.substring(SCHEME.length());
    byte[] pair;
    try {
      // Java would do without the padding.
      pair = Base64.getDecoder().decode(encoded.length() % 4 == 0 ? encoded : "?");
    } catch (IllegalArgumentException e) {
      return Verdict.WRONG;
    }
    int colon = 0;
    while (colon < pair.length && pair[colon] != ':') {
      colon++;
    }
    if (colon == pair.length) {
      return Verdict.WRONG;
    }
    try {
      return passwords()
          .check(
              settings.users(),
              new String(pair, 0, colon, UTF_8),
              Arrays.copyOfRange(pair, colon + 1, pair.length),
              exchange.getRemoteAddress().getAddress());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the exporter ends", e);
    }
  }

  private synchronized Passwords passwords() {
    if (passwords == null) {
      passwords = new Passwords();
    }
    return passwords;
  }
}
