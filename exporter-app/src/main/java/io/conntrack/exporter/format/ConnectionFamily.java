package io.conntrack.exporter.format;

import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.TcpState;
import io.conntrack.aggregator.state.Traffic;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The metric families with series for each remote endpoint, and those for each source, in the order
 * of their names, as a document has them. The four gauges have the names and helps of
 * hiveco/conntrack_exporter, so its dashboards go on working. TCP's own states, bytes and packets
 * are shown only if they are asked for.
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
 * # TYPE conntrack_received_bytes_total counter
 * conntrack_received_bytes_total{host="10.0.1.5:3306"} 818203.0
 * # TYPE conntrack_source_connections gauge
 * conntrack_source_connections{source="10.0.9.9",state="open"} 12.0
 * # TYPE conntrack_source_failed_total counter
 * conntrack_source_failed_total{reason="refused",source="10.0.9.9"} 4981.0
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
      "conntrack_connections", "How many connections to the remote host are in each TCP state?"),
  ENDED(
      "conntrack_connections_ended",
      "Connections that were open and have ended, by how they ended.",
      Series.of(Outcome.ENDED_CLOSED),
      Series.of(Outcome.ENDED_EVICTED),
      Series.of(Outcome.ENDED_RESET),
      Series.of(Outcome.ENDED_TIMED_OUT),
      Series.of(Outcome.ENDED_UNKNOWN)),
  FAILED(
      "conntrack_connections_failed",
      "Connections that were never open, by the reason.",
      Series.of(Outcome.FAILED_EVICTED),
      Series.of(Outcome.FAILED_REFUSED).fromZero(),
      Series.of(Outcome.FAILED_UNANSWERED).fromZero(),
      Series.of(Outcome.FAILED_UNKNOWN)),
  OPENED(
      "conntrack_connections_opened",
      "Connections that were established.",
      Series.of(Outcome.OPENED).fromZero()),
  OPEN(
      ConnectionState.OPEN,
      "conntrack_open_connections",
      "How many open connections are there to the remote host?"),
  OPENING(
      ConnectionState.OPENING,
      "conntrack_opening_connections",
      "How many connections to the remote host are currently opening?"),
  RECEIVED_BYTES(
      Traffic.RECEIVED_BYTES,
      "conntrack_received_bytes",
      "Bytes that connections received from the remote host, with IP headers."),
  RECEIVED_PACKETS(
      Traffic.RECEIVED_PACKETS,
      "conntrack_received_packets",
      "Packets that connections received from the remote host."),
  SENT_BYTES(
      Traffic.SENT_BYTES,
      "conntrack_sent_bytes",
      "Bytes that connections sent to the remote host, with IP headers."),
  SENT_PACKETS(
      Traffic.SENT_PACKETS,
      "conntrack_sent_packets",
      "Packets that connections sent to the remote host."),
  SOURCE_CONNECTIONS(
      "conntrack_source_connections",
      "How many connections that the source opened are in each state?",
      ConnectionState.CLOSED,
      ConnectionState.CLOSING,
      ConnectionState.OPEN,
      ConnectionState.OPENING),
  SOURCE_ENDED(
      "conntrack_source_ended",
      "Connections that the source had opened and that have ended, by how they ended.",
      ENDED),
  SOURCE_FAILED(
      "conntrack_source_failed",
      "Connections that the source tried to open and that were never open, by the reason.",
      FAILED),
  SOURCE_OPENED(
      "conntrack_source_opened", "Connections of the source that were established.", OPENED),
  SOURCE_RECEIVED_BYTES(
      "conntrack_source_received_bytes",
      "Bytes that the source received over connections that it opened, with IP headers.",
      RECEIVED_BYTES),
  SOURCE_RECEIVED_PACKETS(
      "conntrack_source_received_packets",
      "Packets that the source received over connections that it opened.",
      RECEIVED_PACKETS),
  SOURCE_SENT_BYTES(
      "conntrack_source_sent_bytes",
      "Bytes that the source sent over connections that it opened, with IP headers.",
      SENT_BYTES),
  SOURCE_SENT_PACKETS(
      "conntrack_source_sent_packets",
      "Packets that the source sent over connections that it opened.",
      SENT_PACKETS);

  /** How many counts an endpoint has: connections by state, outcomes, what connections carried. */
  static final int COLUMNS = Series.FIRST_OF_TCP_STATES;

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

    private static final int FIRST_OF_OUTCOMES = ConnectionState.COUNT;
    private static final int FIRST_OF_TRAFFIC = FIRST_OF_OUTCOMES + Outcome.COUNT;
    private static final int FIRST_OF_TCP_STATES = FIRST_OF_TRAFFIC + Traffic.COUNT;

    private static Series of(ConnectionState state) {
      return new Series(NO_REASON, state.column, true);
    }

    private static Series ofNamed(ConnectionState state) {
      return new Series(state.name().toLowerCase(Locale.ROOT), state.column, true);
    }

    private static Series of(Outcome outcome) {
      return new Series(outcome.reason(), FIRST_OF_OUTCOMES + outcome.column, false);
    }

    private static Series of(Traffic traffic) {
      return new Series(NO_REASON, FIRST_OF_TRAFFIC + traffic.column, true);
    }

    private static Series of(TcpState state) {
      String name = state.name().toLowerCase(Locale.ROOT);
      return new Series(name, FIRST_OF_TCP_STATES + state.column, true);
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

  /** Without the suffix of a counter. Name and help have no character that a format escapes. */
  final String name;

  final String help;

  /**
   * The name of the label that tells apart the series of one endpoint. Empty if there is only one
   * series.
   */
  final String label;

  /** In the order of their reasons. */
  @SuppressWarnings("ImmutableEnumChecker") // as Stream.toList makes it
  final List<Series> series;

  ConnectionFamily(ConnectionState state, String name, String help) {
    this.counter = false;
    this.name = name;
    this.help = help;
    this.label = "";
    this.series = List.of(Series.of(state));
  }

  ConnectionFamily(String name, String help, Series... series) {
    this.counter = true;
    this.name = name;
    this.help = help;
    this.label = "reason";
    this.series = Stream.of(series).toList();
  }

  ConnectionFamily(Traffic traffic, String name, String help) {
    this.counter = true;
    this.name = name;
    this.help = help;
    this.label = "";
    this.series = List.of(Series.of(traffic));
  }

  /** By TCP's own states, in the order of their names. */
  ConnectionFamily(String name, String help) {
    this.counter = false;
    this.name = name;
    this.help = help;
    this.label = "state";
    this.series = Stream.of(TcpState.values()).map(Series::of).toList();
  }

  /** By the four states, which are to be in the order of their names. */
  ConnectionFamily(String name, String help, ConnectionState... states) {
    this.counter = false;
    this.name = name;
    this.help = help;
    this.label = "state";
    this.series = Stream.of(states).map(Series::ofNamed).toList();
  }

  /** Of sources: the same series as another family has of endpoints. */
  ConnectionFamily(String name, String help, ConnectionFamily like) {
    this.counter = like.counter;
    this.name = name;
    this.help = help;
    this.label = like.label;
    this.series = like.series;
  }

  /** Whether it has the series of sources, and not of remote endpoints. */
  boolean isOfSources() {
    return compareTo(SOURCE_CONNECTIONS) >= 0;
  }

  /** Whether it tells what connections carry. */
  boolean isTraffic() {
    return series.getFirst().column >= Series.FIRST_OF_TRAFFIC
        && series.getFirst().column < Series.FIRST_OF_TCP_STATES;
  }

  /** How many of these labels come before {@link #label}, by their names. */
  int labelsBefore(List<String> labelNames) {
    return (int) labelNames.stream().filter(each -> each.compareTo(label) < 0).count();
  }

  /** The name of its series. */
  String metric() {
    return counter ? name + COUNTER_SUFFIX : name;
  }
}
