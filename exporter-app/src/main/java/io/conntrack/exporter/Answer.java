package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;

/** One HTTP answer, whole and in memory, so that no error can cut it short. */
final class Answer {
  private final int status;
  private final Map<String, String> headers;
  private final byte[] body;

  /** Keeps the body. The headers are all but Content-Length and Date. */
  Answer(int status, Map<String, String> headers, byte[] body) {
    this.status = status;
    this.headers = Map.copyOf(headers);
    this.body = body;
  }

  static Answer text(int status, String sentence) {
    return of(status, "text/plain; charset=utf-8", sentence + "\n");
  }

  static Answer html(String document) {
    return of(200, "text/html; charset=utf-8", document);
  }

  private static Answer of(int status, String contentType, String body) {
    return new Answer(status, Map.of("Content-Type", contentType), body.getBytes(UTF_8));
  }

  int status() {
    return status;
  }

  Map<String, String> headers() {
    return headers;
  }

  /** Not a copy. */
  byte[] body() {
    return body;
  }
}
