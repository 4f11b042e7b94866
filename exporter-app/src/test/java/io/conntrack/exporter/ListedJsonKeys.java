package io.conntrack.exporter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** The keys of a JSON document, each with those above it: {@code endpoints[].opened.total}. */
final class ListedJsonKeys {
  /** Below these there are labels and reasons in place of keys. They are promised elsewhere. */
  private static final List<String> OPEN =
      List.of("endpoints[].labels", "endpoints[].failed", "endpoints[].ended");

  private ListedJsonKeys() {}

  static SortedSet<String> of(String document) throws IOException {
    SortedSet<String> keys = new TreeSet<>();
    Deque<String> above = new ArrayDeque<>();
    String key = "";
    try (JsonParser json = new JsonFactory().createParser(document)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        switch (token) {
          case START_OBJECT -> above.push(key);
          case START_ARRAY -> {
            above.push(key);
            key += "[]";
          }
          case END_OBJECT, END_ARRAY -> key = above.pop();
          case FIELD_NAME -> {
            String parent = above.element();
            String name = OPEN.contains(parent) ? "*" : json.currentName();
            key = parent.isEmpty() ? name : parent + "." + name;
            keys.add(key);
          }
          default -> {
            // A value has no keys.
          }
        }
      }
    }
    return keys;
  }
}
