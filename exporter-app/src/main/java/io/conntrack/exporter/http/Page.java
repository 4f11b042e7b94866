package io.conntrack.exporter.http;

import com.sun.net.httpserver.Headers;
import io.conntrack.exporter.terms.UnavailableException;

/** What one path answers to GET. Called by any thread, and by several at once. */
@FunctionalInterface
interface Page {

  /**
   * Answers a request with these headers.
   *
   * @throws UnavailableException to answer 503 and say why
   */
  Answer answer(Headers request) throws UnavailableException;
}
