package io.conntrack.exporter.exposition;

import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.LocalPorts;
import io.conntrack.aggregator.snapshot.TableFlows;
import io.conntrack.aggregator.snapshot.UnansweredFlows;
import io.conntrack.aggregator.state.TableFlag;
import io.conntrack.aggregator.state.TableState;
import io.conntrack.exporter.exposition.ObservedFamilies.Series;
import io.conntrack.exporter.terms.IpProtocol;

/**
 * What the last complete dump of the kernel's table showed of all flows together.
 *
 * <pre>
 * conntrack_local_ports_limit 28232.0
 * conntrack_local_ports_used{host="10.0.1.5:3306",kind="dialled",local_address="10.0.0.1",protocol="tcp"} 26771.0
 * conntrack_table_dump_age_seconds 0.004
 * conntrack_table_flows{protocol="tcp",state="established"} 49.0
 * conntrack_table_flows_flagged{flag="assured"} 52.0
 * conntrack_unanswered_flows{host="10.0.1.53:53",protocol="udp"} 3.0
 * </pre>
 *
 * <p>With zones told apart the second two pairs have the label {@code ct_zone}, and only series
 * that are not zero.
 */
final class CensusFamilies {
  private static final String AS_OF = " As of conntrack_table_dump_age_seconds ago.";
  private static final String ZONE = "ct_zone";
  private static final String OTHER_ZONES = "other";

  private CensusFamilies() {}

  static void register(ObservedFamilies families, boolean zones) {
    table(families, zones);
    families.gauge(
        "conntrack_unanswered_flows",
        "Flows of UDP and ICMP that are sent to for more than a minute and were never answered."
            + AS_OF,
        (observed, series) -> {
          for (UnansweredFlows each : observed.connections().census().unanswered()) {
            series.count(each.count(), each.host(), IpProtocol.name(each.protocol()));
          }
        },
        "host",
        "protocol");
    localPorts(families);
  }

  private static void table(ObservedFamilies families, boolean zones) {
    families.gauge(
        "conntrack_table_dump_age_seconds",
        "How long ago the last complete dump of the kernel's table ended.",
        (observed, series) -> {
          Census census = observed.connections().census();
          if (census.isTaken()) {
            series.add(census.ageMs() / 1e3);
          }
        });
    families.gauge(
        "conntrack_table_flows",
        "Connections in the kernel's table, of every protocol, by their states." + AS_OF,
        (observed, series) -> states(observed.connections().census().table(), zones, series),
        withZone(zones, "protocol", "state"));
    families.gauge(
        "conntrack_table_flows_flagged",
        "Connections in the kernel's table, of every protocol, that have a flag. One may have"
            + " several, or none."
            + AS_OF,
        (observed, series) -> flags(observed.connections().census().table(), zones, series),
        withZone(zones, "flag"));
  }

  private static String[] withZone(boolean zones, String... labels) {
    return zones ? ObservedFamilies.with(labels, ZONE) : labels;
  }

  private static void states(TableFlows table, boolean zones, Series series) {
    for (int row = 0; row < table.rows(); row++) {
      for (TableState state : TableState.values()) {
        add(table, row, zones, table.count(row, state), series, state.protocol, state.state);
      }
    }
  }

  private static void flags(TableFlows table, boolean zones, Series series) {
    for (int row = 0; row < table.rows(); row++) {
      for (TableFlag flag : TableFlag.values()) {
        add(table, row, zones, table.count(row, flag), series, flag.label);
      }
    }
  }

  private static void add(
      TableFlows table, int row, boolean zones, long count, Series series, String... labels) {
    if (!zones) {
      series.count(count, labels);
    } else if (count > 0) {
      int zone = table.zone(row);
      String label = zone == TableFlows.NO_ZONE ? OTHER_ZONES : Integer.toString(zone);
      series.count(count, ObservedFamilies.with(labels, label));
    }
  }

  private static void localPorts(ObservedFamilies families) {
    families.gauge(
        "conntrack_local_ports_limit",
        "How many local ports the kernel gives to connections to one server: those of"
            + " net.ipv4.ip_local_port_range that are not reserved.",
        (observed, series) -> {
          int limit = observed.connections().census().localPortsLimit();
          if (limit > 0) {
            series.count(limit);
          }
        });
    families.gauge(
        "conntrack_local_ports_used",
        "Local ports that connections to one server take, for each local address. dialled: the"
            + " kernel gave them to programs of this host. translated: source NAT gave them."
            + AS_OF,
        (observed, series) ->
            observed.connections().census().localPorts().forEach(each -> add(each, series)),
        "host",
        "kind",
        "local_address",
        "protocol");
  }

  private static void add(LocalPorts ports, Series series) {
    series.count(
        ports.used(),
        ports.host(),
        ports.translated() ? "translated" : "dialled",
        ports.localAddress(),
        IpProtocol.name(ports.protocol()));
  }
}
