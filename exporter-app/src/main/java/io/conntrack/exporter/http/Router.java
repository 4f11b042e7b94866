package io.conntrack.exporter.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.conntrack.exporter.terms.UnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Set;
import org.tinylog.Logger;

/** Finds the page for a request, and sends its answer. Called by many threads at once. */
public final class Router implements HttpHandler {
  private static final Set<String> METHODS = Set.of("GET", "HEAD");

  /** The part of the heap that answers may take while slow clients read them. */
  private static final int HEAP_PART = 8;

  private final Map<String, Page> pages;
  private final String metricsPath;
  private final UnsentAnswers unsent =
      new UnsentAnswers(Runtime.getRuntime().maxMemory() / HEAP_PART);

  public Router(Map<String, Page> pages, String metricsPath) {
    this.pages = pages;
    this.metricsPath = metricsPath;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange);
      if (!unsent.begin(answer.body())) {
        send(Answer.text(503, "Other clients are slow to read what they asked for."), exchange);
        return;
      }
      try {
        send(answer, exchange);
      } finally {
        unsent.end();
      }
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

  private static void send(Answer answer, HttpExchange exchange) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
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
