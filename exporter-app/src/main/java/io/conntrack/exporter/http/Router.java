package io.conntrack.exporter.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.exposition.Scrapes.Rejection;
import io.conntrack.exporter.terms.UnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tinylog.Logger;

/** Finds the page for a request, and sends its answer. Called by many threads at once. */
public final class Router implements HttpHandler {
  private static final Set<String> METHODS = Set.of("GET", "HEAD");

  /**
   * Of every answer, for browsers: nothing is loaded or run but the program's own files, and
   * nothing is framed, guessed, or told to other sites. Unless an operator has set these headers.
   */
  private static final Map<String, List<String>> SAFETY =
      Map.of(
          "Content-Security-Policy",
          List.of(
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                  + " img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
          "X-Content-Type-Options",
          List.of("nosniff"),
          "Referrer-Policy",
          List.of("no-referrer"));

  /** The part of the heap that answers may take while slow clients read them. */
  private static final int HEAP_PART = 8;

  private final Map<String, Page> pages;
  private final String metricsPath;
  private final Scrapes scrapes;
  private final UnsentAnswers unsent =
      new UnsentAnswers(Runtime.getRuntime().maxMemory() / HEAP_PART);

  public Router(Map<String, Page> pages, String metricsPath, Scrapes scrapes) {
    this.pages = pages;
    this.metricsPath = metricsPath;
    this.scrapes = scrapes;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (isScrape(exchange)) {
        scrape(exchange);
      } else {
        reply(answer(exchange), exchange);
      }
    }
  }

  private boolean isScrape(HttpExchange exchange) {
    return METHODS.contains(exchange.getRequestMethod())
        && metricsPath.equals(exchange.getRequestURI().getPath());
  }

  /** A client that hangs up amid the answer has got the status, and no bytes that count. */
  private void scrape(HttpExchange exchange) throws IOException {
    long beganNs = System.nanoTime();
    boolean allowed = scrapes.begin();
    int status = 500;
    long sentBytes = 0;
    try {
      Answer answer = allowed ? answer(exchange) : tooMany();
      status = answer.status();
      Answer sent = reply(answer, exchange);
      status = sent.status();
      sentBytes = exchange.getRequestMethod().equals("HEAD") ? 0 : sent.body().sizeBytes();
    } finally {
      scrapes.end(status, sentBytes, System.nanoTime() - beganNs);
    }
  }

  private Answer tooMany() {
    return Answer.text(
        503,
        "The exporter answers "
            + scrapes.most()
            + " scrapes at once, as --web.max-requests says. Try again later.");
  }

  /** Sends the answer, or 503 if it has no room. Returns what it sent. */
  private Answer reply(Answer answer, HttpExchange exchange) throws IOException {
    if (!unsent.begin(answer.body())) {
      scrapes.reject(Rejection.SLOW_CLIENTS);
      Answer refusal = Answer.text(503, "Other clients are slow to read what they asked for.");
      send(refusal, exchange);
      return refusal;
    }
    try {
      send(answer, exchange);
      return answer;
    } finally {
      unsent.end();
    }
  }

  private Answer answer(HttpExchange exchange) {
    Page page = pages.get(exchange.getRequestURI().getPath());
    if (page == null) {
      return Answer.text(404, "There is no such page. The metrics are at " + metricsPath + ".");
    }
    if (!METHODS.contains(exchange.getRequestMethod())) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return Answer.text(405, "This page can only be read: use GET or HEAD.");
    }
    try {
      return page.answer(
          new Request(exchange.getRequestHeaders(), exchange.getRequestURI().getRawQuery()));
    } catch (UnavailableException e) {
      return Answer.text(503, e.getMessage());
    } catch (RuntimeException e) {
      Logger.error(e, "Cannot answer {}", exchange.getRequestURI());
      return Answer.text(500, "The exporter failed to answer. Its log says why.");
    }
  }

  static void send(Answer answer, HttpExchange exchange) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    SAFETY.forEach(exchange.getResponseHeaders()::putIfAbsent);
    long length = answer.body().sizeBytes();
    if (exchange.getRequestMethod().equals("HEAD")) {
      // For HEAD the JDK's server would warn of a length, and sets no header of its own.
      exchange.getResponseHeaders().set("Content-Length", Long.toString(length));
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(answer.status(), length);
    OutputStream out = exchange.getResponseBody();
    answer.body().writeTo(out);
    out.flush(); // before the JDK's server waits for a body that the client may never send
  }
}
