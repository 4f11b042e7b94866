package io.conntrack.exporter.format;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.reading.Observation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The series of an {@link InfoFamily}: a row for each value of its label that has a name, in the
 * client's order. Immutable.
 */
final class NamedRows {
  /** An array of three, and a text of some 21 characters. The names are kept elsewhere. */
  private static final int HEAP_BYTES_PER_ROW = 96;

  /** In the order of the labels. */
  private static final Comparator<String[]> BY_LABELS = Arrays::compare;

  private final List<String> labelNames;
  private final List<String[]> rows = new ArrayList<>();

  /**
   * Those of an observation.
   *
   * @param netns whether each has the label of its network namespace
   * @param shown the snapshot of an observation that has the family's label
   * @param names the name of a label's value, or null
   */
  NamedRows(
      InfoFamily family,
      Observation observation,
      boolean netns,
      Function<Observation, Snapshot> shown,
      UnaryOperator<String> names) {
    labelNames =
        Stream.of(family.label, InfoFamily.NAME, EndpointRows.NETNS)
            .filter(label -> netns || !label.equals(EndpointRows.NETNS))
            .sorted()
            .toList();
    observation.forEach((namespace, each) -> {
      for (String value : values(shown.apply(each), family.label)) {
        String name = names.apply(value);
        if (name != null) {
          rows.add(row(family, value, name, namespace));
        }
      }
    });
    rows.sort(BY_LABELS);
  }

  private String[] row(InfoFamily family, String value, String name, String netns) {
    String[] row = new String[labelNames.size()];
    for (int i = 0; i < row.length; i++) {
      String label = labelNames.get(i);
      row[i] = label.equals(family.label) ? value : label.equals(InfoFamily.NAME) ? name : netns;
    }
    return row;
  }

  /** The different values of a label. */
  private static SortedSet<String> values(Snapshot snapshot, String label) {
    SortedSet<String> values = new TreeSet<>();
    int index = snapshot.labelNames().indexOf(label);
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      String labels = snapshot.labels(i);
      int from = 0;
      for (int before = 0; before < index; before++) {
        from = labels.indexOf(Snapshot.LABEL_SEPARATOR, from) + 1;
      }
      int to = labels.indexOf(Snapshot.LABEL_SEPARATOR, from);
      values.add(labels.substring(from, to < 0 ? labels.length() : to));
    }
    return values;
  }

  List<String> labelNames() {
    return labelNames;
  }

  int count() {
    return rows.size();
  }

  /** A row's values of all labels, in ASCII. Nothing in them is ever escaped. */
  String[] values(int row) {
    return rows.get(row);
  }

  long heapBytes() {
    return (long) rows.size() * HEAP_BYTES_PER_ROW;
  }
}
