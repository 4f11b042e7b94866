package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.exporter.format.Body;
import io.conntrack.exporter.format.MemoryBody;
import java.util.Map;

/**
 * One HTTP answer. Everything that can fail has been done before, so no error can cut the answer
 * short.
 *
 * @param headers all but Content-Length and Date
 */
record Answer(int status, Map<String, String> headers, Body body) {

  Answer {
    headers = Map.copyOf(headers);
  }

  static Answer text(int status, String sentence) {
    return of(status, "text/plain; charset=utf-8", sentence + "\n");
  }

  static Answer html(String document) {
    return of("text/html; charset=utf-8", document);
  }

  static Answer of(String contentType, String text) {
    return of(200, contentType, text);
  }

  private static Answer of(int status, String contentType, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    MemoryBody body = new MemoryBody();
    body.write(bytes, 0, bytes.length);
    return new Answer(status, Map.of("Content-Type", contentType), body);
  }
}
