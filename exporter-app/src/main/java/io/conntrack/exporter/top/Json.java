package io.conntrack.exporter.top;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An object of a JSON document, with values that are asked for by their names. Whoever asks for one
 * that is missing, or of another type, gets an exception that names it.
 */
record Json(Map<String, Object> values) {
  private static final int DEEPEST = 16;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .build();

  /** Reads a document that is an object. */
  static Json of(String document) throws IOException {
    try (JsonParser parser = FACTORY.createParser(document)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("it is no JSON object");
      }
      return object(parser);
    }
  }

  private static Json object(JsonParser parser) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      values.put(name, value(parser));
    }
    return new Json(values);
  }

  /** Null for JSON's null. */
  private static Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        List<Object> all = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          all.add(value(parser));
        }
        yield all;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      default -> null;
    };
  }

  private <T> T get(String name, Class<T> type) throws IOException {
    Object value = values.get(name);
    if (!type.isInstance(value)) {
      throw new IOException("it has no " + type.getSimpleName() + " '" + name + "'");
    }
    return type.cast(value);
  }

  String text(String name) throws IOException {
    return get(name, String.class);
  }

  boolean flag(String name) throws IOException {
    return get(name, Boolean.class);
  }

  long count(String name) throws IOException {
    return Math.round(get(name, Double.class));
  }

  /** NaN if it is null or missing. */
  double number(String name) throws IOException {
    return values.get(name) == null ? Double.NaN : get(name, Double.class);
  }

  Json object(String name) throws IOException {
    return get(name, Json.class);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  List<Json> objects(String name) throws IOException {
    List<Json> objects = new ArrayList<>();
    for (Object each : get(name, List.class)) {
      if (!(each instanceof Json json)) {
        throw new IOException("not all of '" + name + "' are objects");
      }
      objects.add(json);
    }
    return objects;
  }
}
