package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads a scrape as Prometheus' protobuf: MetricFamily messages, each after its length. */
final class ProtobufScrape {
  /** A value is a Long, a Double or, where a string or a message is meant, a ByteBuffer. */
  private record Field(int number, Object value) {}

  private ProtobufScrape() {}

  static Scrape of(byte[] body) {
    Map<String, Double> series = new TreeMap<>();
    ByteBuffer in = ByteBuffer.wrap(body);
    while (in.hasRemaining()) {
      List<Field> family = fields(slice(in));
      String name = text(family, 1);
      messages(family, 4).forEach(metric -> add(name, metric, series));
    }
    return new Scrape(series);
  }

  /** A gauge, a counter, or a summary without quantiles. */
  private static void add(String name, List<Field> metric, Map<String, Double> series) {
    messages(metric, 4)
        .forEach(summary -> {
          long count = values(summary, 1).map(Long.class::cast).findFirst().orElse(0L);
          series.put(name + "_count" + labels(metric), (double) count);
          series.put(name + "_sum" + labels(metric), value(summary, 2));
        });
    Stream.of(2, 3)
        .flatMap(kind -> messages(metric, kind))
        .forEach(number -> series.put(name + labels(metric), value(number, 1)));
  }

  private static double value(List<Field> message, int number) {
    return values(message, number).map(Double.class::cast).findFirst().orElse(0.0);
  }

  private static String labels(List<Field> metric) {
    String labels =
        messages(metric, 1)
            .map(pair -> text(pair, 1) + "=\"" + text(pair, 2) + "\"")
            .collect(Collectors.joining(","));
    return labels.isEmpty() ? "" : "{" + labels + "}";
  }

  private static Stream<List<Field>> messages(List<Field> fields, int number) {
    return values(fields, number).map(value -> fields(((ByteBuffer) value).duplicate()));
  }

  private static String text(List<Field> fields, int number) {
    ByteBuffer bytes = (ByteBuffer) values(fields, number).findFirst().orElseThrow();
    return UTF_8.decode(bytes.duplicate()).toString();
  }

  private static Stream<Object> values(List<Field> fields, int number) {
    return fields.stream().filter(field -> field.number() == number).map(Field::value);
  }

  private static List<Field> fields(ByteBuffer in) {
    List<Field> fields = new ArrayList<>();
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      Object value =
          switch (tag & 7) {
            case 0 -> varint(in);
            case 1 -> in.order(ByteOrder.LITTLE_ENDIAN).getDouble();
            case 2 -> slice(in);
            default -> throw new AssertionError("unknown wire type in tag=" + tag);
          };
      fields.add(new Field(tag >>> 3, value));
    }
    return fields;
  }

  private static ByteBuffer slice(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer slice = in.slice(in.position(), length);
    in.position(in.position() + length);
    return slice;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    byte part;
    int shift = 0;
    do {
      part = in.get();
      value |= (part & 0x7fL) << shift;
      shift += 7;
    } while (part < 0);
    return value;
  }
}
