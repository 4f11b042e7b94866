package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;

/** One HTTP answer, whole and in memory, so that no error can cut it short. */
final class Answer {
  private final int status;
  private final Map<String, String> headers;
  private final ByteArrayOutputStream body;

  /** Keeps the body, which must not change any more. The headers lack Content-Length and Date. */
  Answer(int status, Map<String, String> headers, ByteArrayOutputStream body) {
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

  private static Answer of(int status, String contentType, String text) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(text.getBytes(UTF_8));
    return new Answer(status, Map.of("Content-Type", contentType), body);
  }

  int status() {
    return status;
  }

  Map<String, String> headers() {
    return headers;
  }

  int bodyBytes() {
    return body.size();
  }

  void writeBody(OutputStream out) throws IOException {
    body.writeTo(out);
  }
}
