package io.conntrack.exporter.live;

import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** What the rows can be sorted by. What goes wrong comes first, so that it is seen on a phone. */
enum LiveColumn {
  /** The endpoint or source itself, whose title its {@link LiveSubject} has. */
  WHO("", row -> 0, row -> 0),
  FAILED("Failed/s", LiveRow.FAILED),
  OPENING("Opening", ConnectionState.OPENING),
  OPEN("Open", ConnectionState.OPEN),
  CLOSING("Closing", ConnectionState.CLOSING),
  CLOSED("Closed", ConnectionState.CLOSED),
  OPENED("Opened/s", List.of(Outcome.OPENED)),
  ENDED("Ended/s", LiveRow.ENDED),
  SENT("Sent/s", Traffic.SENT_BYTES),
  RECEIVED("Received/s", Traffic.RECEIVED_BYTES),
  SETUP("Setup", LiveColumn::setup, row -> 0);

  /** As a person reads it. */
  private final String title;

  /** What it is now, or has been lately. */
  @SuppressWarnings("ImmutableEnumChecker") // a lambda without state
  private final ToDoubleFunction<LiveRow> now;

  /** What it was all in all, where {@link #now} is the same. */
  @SuppressWarnings("ImmutableEnumChecker") // a lambda without state
  private final ToLongFunction<LiveRow> total;

  LiveColumn(String title, ToDoubleFunction<LiveRow> now, ToLongFunction<LiveRow> total) {
    this.title = title;
    this.now = now;
    this.total = total;
  }

  LiveColumn(String title, ConnectionState state) {
    this(title, row -> row.connections(state), row -> 0);
  }

  LiveColumn(String title, List<Outcome> outcomes) {
    this(title, row -> row.more(outcomes), row -> row.total(outcomes));
  }

  LiveColumn(String title, Traffic what) {
    this(title, row -> row.more(what), row -> row.total(what));
  }

  private static double setup(LiveRow row) {
    double median = row.medianSetup();
    return Double.isNaN(median) ? -1 : median;
  }

  String title(LiveSubject subject) {
    return this == WHO ? subject.title : title;
  }

  String word(LiveSubject subject) {
    return this == WHO ? subject.label : name().toLowerCase(Locale.ROOT);
  }

  static Optional<LiveColumn> of(String word, LiveSubject subject) {
    return Arrays.stream(values()).filter(column -> column.word(subject).equals(word)).findAny();
  }

  /** What a row is sorted by first. */
  double now(LiveRow row) {
    return now.applyAsDouble(row);
  }

  /** Makes a row one that can be compared with others of the same column. */
  Ranked rank(LiveRow row, double first) {
    return new Ranked(first, total.applyAsLong(row), row.connections(), row);
  }

  /** A row that is not ranked beside one that is, by their numbers alone. */
  int compare(LiveRow row, double first, Ranked other) {
    int differs = Double.compare(first, other.now);
    if (differs == 0) {
      differs = Long.compare(total.applyAsLong(row), other.total);
    }
    if (differs == 0 && this != WHO) { // whose order is that of the text
      differs = Long.compare(row.connections(), other.connections);
    }
    return differs;
  }

  /** The least first, where equal the one with fewer connections; a host by its text. */
  Comparator<Ranked> order() {
    return this == WHO ? Ranked.BY_TEXT : Ranked.BY_NUMBERS;
  }

  /** A row with the numbers that it is sorted by, since they are asked for many times. */
  record Ranked(double now, long total, long connections, LiveRow row) {
    private static final Comparator<Ranked> BY_TEXT =
        Comparator.<Ranked, String>comparing(ranked -> ranked.row.labels())
            .thenComparing(ranked -> ranked.row.namespace().name());
    private static final Comparator<Ranked> BY_NUMBERS =
        Comparator.comparingDouble(Ranked::now)
            .thenComparingLong(Ranked::total)
            .thenComparingLong(Ranked::connections)
            .thenComparing(BY_TEXT.reversed());
  }
}
