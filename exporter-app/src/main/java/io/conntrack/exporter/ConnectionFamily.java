package io.conntrack.exporter;

import io.conntrack.aggregator.ConnectionState;

/**
 * The metric families with a series for each remote endpoint, one a state. Names and helps are
 * those of hiveco/conntrack_exporter, whose dashboards go on working. In the order of their names,
 * as a document has them.
 *
 * <pre>
 * # TYPE conntrack_closed_connections gauge
 * conntrack_closed_connections{host="10.0.1.5:3306"} 0.0
 * # TYPE conntrack_closing_connections gauge
 * conntrack_closing_connections{host="10.0.1.5:3306"} 1.0
 * # TYPE conntrack_open_connections gauge
 * conntrack_open_connections{host="10.0.1.5:3306"} 49.0
 * # TYPE conntrack_opening_connections gauge
 * conntrack_opening_connections{host="10.0.1.5:3306"} 2.0
 * </pre>
 */
enum ConnectionFamily {
  CLOSED(
      0,
      ConnectionState.CLOSED,
      "conntrack_closed_connections",
      "How many connections to the remote host have recently closed?"),
  CLOSING(
      1,
      ConnectionState.CLOSING,
      "conntrack_closing_connections",
      "How many connections to the remote host are currently closing?"),
  OPEN(
      2,
      ConnectionState.OPEN,
      "conntrack_open_connections",
      "How many open connections are there to the remote host?"),
  OPENING(
      3,
      ConnectionState.OPENING,
      "conntrack_opening_connections",
      "How many connections to the remote host are currently opening?");

  /** How many there are. */
  static final int COUNT = values().length;

  /** Where its number lies among those of an endpoint. */
  final int column;

  final ConnectionState state;

  /** Name and help have nothing that any format escapes. */
  final String metric;

  final String help;

  ConnectionFamily(int column, ConnectionState state, String metric, String help) {
    this.column = column;
    this.state = state;
    this.metric = metric;
    this.help = help;
  }
}
