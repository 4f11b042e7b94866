package io.conntrack.aggregator.census;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.FlowPath;
import io.conntrack.aggregator.remote.KeyedHash;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.snapshot.LocalPorts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Counts which ports of each local address the flows of a dump take towards each server. A flow is
 * a port, since no two flows of a zone have the same tuple.
 *
 * <p>A program's connection takes the source port of its original tuple. It counts if the kernel
 * may have given the port. Source NAT takes the destination port of the reply tuple. A connection
 * of this host that NAT translates takes one of each. Belongs to the reader.
 */
public final class PortCounter implements AutoCloseable {
  /** No more are told. */
  public static final int MOST_TOLD = 100;

  /** Among so many the most used are looked for. */
  private static final int MOST_HEAVY = 10_000;

  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int SCTP = 132;

  // Of the word that holds all but addresses.
  private static final int ZONE_SHIFT = 16;
  private static final int PROTOCOL_SHIFT = 32;
  private static final int END_SHIFT = 40;

  private final KeyedHash keyedHash = KeyedHash.random();
  private final int share;
  private final Predicate<Flow> ignored;
  private final NumberTable used;
  private final List<Heavy> heavy = new ArrayList<>();

  /** A server that takes more ports of a local address than the share. */
  private record Heavy(long hash, LocalPorts ports) {}

  /**
   * Takes those in of which more ports are used than this share.
   *
   * @param ignored whether a flow's remote host is to be left out
   */
  public PortCounter(int share, long mostFlows, Predicate<Flow> ignored) {
    this.share = share;
    this.ignored = ignored;
    this.used = new NumberTable(2 * mostFlows);
  }

  public void limit(long mostFlows) {
    used.limit(2 * mostFlows);
  }

  /** A dump begins. */
  public void begin() {
    heavy.clear();
    used.begin();
  }

  /** A dump shows a flow. */
  public void take(Flow flow, FlowPath path, ServicePorts ports) {
    if (!hasPorts(flow.protocol)) {
      return;
    }
    if (path == FlowPath.OUTBOUND && ports.isGiven(flow.originalSourcePort)) {
      take(flow, RemoteEnd.ORIGINAL_DESTINATION, RemoteEnd.ORIGINAL_SOURCE);
    }
    if (flow.replyDestinationLow != flow.originalSourceLow
        || flow.replyDestinationHigh != flow.originalSourceHigh) {
      take(flow, RemoteEnd.REPLY_SOURCE, RemoteEnd.REPLY_DESTINATION);
    }
  }

  private static boolean hasPorts(int protocol) {
    return protocol == TCP || protocol == UDP || protocol == SCTP;
  }

  private void take(Flow flow, RemoteEnd server, RemoteEnd local) {
    long details =
        server.port(flow)
            | (long) flow.zone << ZONE_SHIFT
            | (long) flow.protocol << PROTOCOL_SHIFT
            | (long) server.number << END_SHIFT;
    long hash =
        keyedHash.of(
            local.addressHigh(flow),
            local.addressLow(flow),
            server.addressHigh(flow),
            server.addressLow(flow),
            details);
    if (add(hash) == share + 1 && isTold(flow)) {
      heavy.add(new Heavy(hash, ports(flow, server, local)));
    }
  }

  private static LocalPorts ports(Flow flow, RemoteEnd server, RemoteEnd local) {
    return new LocalPorts(
        EndpointLabel.of(server.addressHigh(flow), server.addressLow(flow), server.port(flow)),
        EndpointLabel.of(local.addressHigh(flow), local.addressLow(flow), EndpointLabel.NO_PORT),
        server == RemoteEnd.REPLY_SOURCE,
        flow.protocol,
        0);
  }

  private boolean isTold(Flow flow) {
    return heavy.size() < MOST_HEAVY && !ignored.test(flow);
  }

  /** One port more. Returns how many there are in this dump. */
  private int add(long hash) {
    long slot = used.find(hash);
    if (slot == NumberTable.NO_SLOT) {
      used.add(hash, 1);
      return 1;
    }
    int number = used.isShown(slot) ? used.number(slot) + 1 : 1;
    used.show(slot, number, 0);
    return number;
  }

  /**
   * The dump is complete. Those of which the most ports are used, the most first. Of a server that
   * is in several zones it is the zone with the most.
   */
  public List<LocalPorts> end() {
    Map<LocalPorts, Integer> most = new HashMap<>();
    for (Heavy each : heavy) {
      most.merge(each.ports, used.number(used.find(each.hash)), Math::max);
    }
    used.end();
    return most.entrySet().stream()
        .map(each -> with(each.getKey(), each.getValue()))
        .sorted(Comparator.comparingInt(LocalPorts::used).reversed())
        .limit(MOST_TOLD)
        .toList();
  }

  private static LocalPorts with(LocalPorts ports, int used) {
    return new LocalPorts(
        ports.host(), ports.localAddress(), ports.translated(), ports.protocol(), used);
  }

  @Override
  public void close() {
    used.close();
  }
}
