package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Names in the text format, and in OpenMetrics.
 *
 * <pre>
 * # HELP conntrack_endpoint_info The name of an address, by the sources of --names. Always 1.
 * # TYPE conntrack_endpoint_info gauge
 * conntrack_endpoint_info{host="10.0.1.5:3306",name="payments-db"} 1
 * </pre>
 */
final class TextInfoWriter implements SeriesWriter {
  private final InfoFamily family;
  private final byte[] head;

  /** What comes before the value of each label. */
  private final byte[][] beforeValues;

  private final byte[] end = "\"} 1\n".getBytes(US_ASCII);

  TextInfoWriter(InfoFamily family, List<String> labelNames, boolean openMetrics) {
    this.family = family;
    String name = openMetrics ? family.name : family.metric();
    String help = "# HELP " + name + " " + InfoFamily.HELP + "\n";
    String type = "# TYPE " + name + (openMetrics ? " info\n" : " gauge\n");
    head = (openMetrics ? type + help : help + type).getBytes(US_ASCII);
    beforeValues = new byte[labelNames.size()][];
    for (int i = 0; i < beforeValues.length; i++) {
      String before = i == 0 ? family.metric() + "{" : "\",";
      beforeValues[i] = (before + labelNames.get(i) + "=\"").getBytes(US_ASCII);
    }
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return head;
  }

  @Override
  public int rowCount(EndpointRows rows) {
    return rows.named(family).count();
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    String[] values = rows.named(family).values(row);
    int size = end.length;
    for (int i = 0; i < values.length; i++) {
      size += beforeValues[i].length + values[i].length();
    }
    return size;
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    String[] values = rows.named(family).values(row);
    for (int i = 0; i < values.length; i++) {
      out.put(beforeValues[i]).put(values[i].getBytes(US_ASCII));
    }
    out.put(end);
  }
}
