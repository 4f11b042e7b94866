package io.conntrack.exporter.live;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.reading.Observation;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Whose connections the rows are. */
public enum LiveSubject {
  ENDPOINTS("host", "Remote host", "Remote endpoints", Observation::connections),
  SOURCES(
      "source",
      "Source",
      "Sources: who opened the connections",
      observation -> observation.connections().sources().orElseThrow());

  /** The label that names one, and the column of it. */
  final String label;

  /** Of that column, as a person reads it. */
  final String title;

  /** Of the table. */
  final String caption;

  @SuppressWarnings("ImmutableEnumChecker") // a lambda without state
  private final Function<Observation, Snapshot> counts;

  LiveSubject(String label, String title, String caption, Function<Observation, Snapshot> counts) {
    this.label = label;
    this.title = title;
    this.caption = caption;
    this.counts = counts;
  }

  /** Their counts in an observation; of sources only where these are counted. */
  Snapshot counts(Observation observation) {
    return counts.apply(observation);
  }

  /** The plural, which is the key of the data too. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** One of them. */
  String one() {
    return word().substring(0, word().length() - 1);
  }

  static Optional<LiveSubject> of(String word) {
    return Arrays.stream(values()).filter(subject -> subject.word().equals(word)).findAny();
  }
}
