package io.conntrack.exporter;

import io.conntrack.aggregator.ConnectionState;
import io.conntrack.aggregator.Outcome;
import io.conntrack.aggregator.TcpState;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The metric families with series for each remote endpoint, in the order of their names, as a
 * document has them. Names and helps of the gauges are those of hiveco/conntrack_exporter, whose
 * dashboards go on working. TCP's own states are shown only where they are asked for.
 *
 * <pre>
 * # TYPE conntrack_closed_connections gauge
 * conntrack_closed_connections{host="10.0.1.5:3306"} 0.0
 * # TYPE conntrack_closing_connections gauge
 * conntrack_closing_connections{host="10.0.1.5:3306"} 1.0
 * # TYPE conntrack_connections gauge
 * conntrack_connections{host="10.0.1.5:3306",state="established"} 49.0
 * # TYPE conntrack_connections_ended_total counter
 * conntrack_connections_ended_total{host="10.0.1.5:3306",reason="closed"} 1208.0
 * conntrack_connections_ended_total{host="10.0.1.5:3306",reason="reset"} 3.0
 * # TYPE conntrack_connections_failed_total counter
 * conntrack_connections_failed_total{host="10.0.1.5:3306",reason="refused"} 0.0
 * conntrack_connections_failed_total{host="10.0.1.5:3306",reason="unanswered"} 2.0
 * # TYPE conntrack_connections_opened_total counter
 * conntrack_connections_opened_total{host="10.0.1.5:3306"} 1260.0
 * # TYPE conntrack_open_connections gauge
 * conntrack_open_connections{host="10.0.1.5:3306"} 49.0
 * # TYPE conntrack_opening_connections gauge
 * conntrack_opening_connections{host="10.0.1.5:3306"} 2.0
 * </pre>
 */
enum ConnectionFamily {
  CLOSED(
      ConnectionState.CLOSED,
      "conntrack_closed_connections",
      "How many connections to the remote host have recently closed?"),
  CLOSING(
      ConnectionState.CLOSING,
      "conntrack_closing_connections",
      "How many connections to the remote host are currently closing?"),
  TCP_STATES(
      "conntrack_connections",
      "How many connections to the remote host are in each of the states of TCP?"),
  ENDED(
      "conntrack_connections_ended",
      "Connections that were open and no longer are, by how they ended.",
      Series.of("closed", Outcome.ENDED_CLOSED),
      Series.of("evicted", Outcome.ENDED_EVICTED),
      Series.of("reset", Outcome.ENDED_RESET),
      Series.of("timed_out", Outcome.ENDED_TIMED_OUT),
      Series.of("unknown", Outcome.ENDED_UNKNOWN)),
  FAILED(
      "conntrack_connections_failed",
      "Connections that never were open, by why.",
      Series.of("evicted", Outcome.FAILED_EVICTED),
      Series.of("refused", Outcome.FAILED_REFUSED).fromZero(),
      Series.of("unanswered", Outcome.FAILED_UNANSWERED).fromZero(),
      Series.of("unknown", Outcome.FAILED_UNKNOWN)),
  OPENED(
      "conntrack_connections_opened",
      "Connections that were established.",
      Series.of(Series.NO_REASON, Outcome.OPENED).fromZero()),
  OPEN(
      ConnectionState.OPEN,
      "conntrack_open_connections",
      "How many open connections are there to the remote host?"),
  OPENING(
      ConnectionState.OPENING,
      "conntrack_opening_connections",
      "How many connections to the remote host are currently opening?");

  /** How many counts an endpoint has: its connections by state, then its outcomes. */
  static final int COLUMNS = ConnectionState.COUNT + Outcome.COUNT;

  /** How many it has where its connections by TCP's own states follow. */
  static final int COLUMNS_WITH_TCP_STATES = COLUMNS + TcpState.COUNT;

  private static final String COUNTER_SUFFIX = "_total";

  /**
   * One series for each endpoint.
   *
   * @param reason its value of {@link #label}, or {@link #NO_REASON}: it has no such label
   * @param column where its number lies among those of an endpoint
   * @param shownAtZero whether it is there before it has counted anything
   */
  record Series(String reason, int column, boolean shownAtZero) {
    static final String NO_REASON = "";

    private static Series of(String reason, Outcome outcome) {
      return new Series(reason, ConnectionState.COUNT + outcome.column, false);
    }

    /** So that increase() sees the first one. */
    private Series fromZero() {
      return new Series(reason, column, true);
    }

    boolean hasReason() {
      return !reason.isEmpty();
    }
  }

  final boolean counter;

  /** Without the suffix of a counter. It and the help have nothing that any format escapes. */
  final String name;

  final String help;

  /** The name of the label that tells apart the series of one endpoint; empty if there is one. */
  final String label;

  /** In the order of their reasons. */
  @SuppressWarnings("ImmutableEnumChecker") // as Stream.toList makes it
  final List<Series> series;

  ConnectionFamily(ConnectionState state, String name, String help) {
    this.counter = false;
    this.name = name;
    this.help = help;
    this.label = "";
    this.series = List.of(new Series(Series.NO_REASON, state.column, true));
  }

  ConnectionFamily(String name, String help, Series... series) {
    this.counter = true;
    this.name = name;
    this.help = help;
    this.label = "reason";
    this.series = Stream.of(series).toList();
  }

  /** By TCP's own states, in the order of their names. */
  ConnectionFamily(String name, String help) {
    this.counter = false;
    this.name = name;
    this.help = help;
    this.label = "state";
    this.series =
        Stream.of(TcpState.values())
            .map(state ->
                new Series(
                    state.name().toLowerCase(Locale.ROOT),
                    ConnectionState.COUNT + Outcome.COUNT + state.column,
                    true))
            .toList();
  }

  /** The name of its series. */
  String metric() {
    return counter ? name + COUNTER_SUFFIX : name;
  }
}
