package io.conntrack.exporter.http;

import io.conntrack.exporter.terms.UnavailableException;

/** What one path answers to GET. Called by any thread, and by several at once. */
@FunctionalInterface
interface Page {

  /**
   * Answers a request.
   *
   * @throws UnavailableException to answer 503 and say why
   */
  Answer answer(Request request) throws UnavailableException;
}
