package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;

/**
 * What a page is asked. The server bounds its length.
 *
 * @param rawQuery what follows the question mark, as it was sent; null if nothing does
 */
record Request(Headers headers, String rawQuery) {

  /** A header's values, joined by commas; empty if there is none. */
  String header(String name) {
    return String.join(",", headers.getOrDefault(name, List.of()));
  }

  /** The values of a parameter of the query, in their order. */
  List<String> parameters(String name) {
    List<String> values = new ArrayList<>();
    for (String parameter : rawQuery == null ? new String[0] : rawQuery.split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals >= 0 && decoded(parameter.substring(0, equals)).equals(name)) {
        values.add(decoded(parameter.substring(equals + 1)));
      }
    }
    return values;
  }

  /** The server has refused a URL whose escapes are broken. */
  private static String decoded(String text) {
    return URLDecoder.decode(text, UTF_8);
  }
}
