package io.conntrack.aggregator.endpoint;

import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.snapshot.Snapshot;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The labels that endpoints have: the same names for all, and the values as one text, with a {@link
 * Snapshot#LABEL_SEPARATOR} between each two. A value that does not apply is empty. To Prometheus
 * an empty label is the same as no label.
 *
 * <pre>
 * direction  host           protocol
 * outbound   10.0.1.5:3306  tcp
 *            other
 * </pre>
 *
 * <p>Immutable.
 */
final class LabelSet {
  static final String OVERFLOW_HOST = "other";

  /** The name of the label that all have. */
  static final String HOST = "host";

  /** In the order of their names, as a series has them. */
  private enum Label {
    ZONE("ct_zone"),
    DIRECTION("direction"),
    HOST(LabelSet.HOST),
    PROTOCOL("protocol"),
    SERVICE("service"),
    SOURCE("source");

    final String text;

    Label(String text) {
      this.text = text;
    }
  }

  private final List<Label> labels = new ArrayList<>();

  /**
   * @param sources whether the endpoints are the sources of flows
   */
  LabelSet(EndpointOptions options, boolean sources) {
    if (options.zone()) {
      labels.add(Label.ZONE);
    }
    if (options.direction()) {
      labels.add(Label.DIRECTION);
    }
    if (!sources) {
      labels.add(Label.HOST);
    }
    if (options.protocol()) {
      labels.add(Label.PROTOCOL);
    }
    if (options.nat() == NatView.BOTH) {
      labels.add(Label.SERVICE);
    }
    if (sources) {
      labels.add(Label.SOURCE);
    }
  }

  List<String> names() {
    return labels.stream().map(label -> label.text).toList();
  }

  /** The host among the values of all labels. */
  String host(String values) {
    if (labels.size() == 1) {
      return values;
    }
    int from = 0;
    for (int label = labels.indexOf(Label.HOST); label > 0; label--) {
      from = values.indexOf(Snapshot.LABEL_SEPARATOR, from) + 1;
    }
    int to = values.indexOf(Snapshot.LABEL_SEPARATOR, from);
    return values.substring(from, to < 0 ? values.length() : to);
  }

  /** The values of the overflow endpoint, whose connections may be of any kind. */
  String ofOverflow() {
    return values(label -> label == Label.HOST || label == Label.SOURCE ? OVERFLOW_HOST : "");
  }

  String of(EndpointStore store, int endpoint) {
    MemorySegment records = store.records();
    return of(
        store,
        endpoint,
        EndpointLabel.of(
            EndpointRecord.addressHigh(records, endpoint),
            EndpointRecord.addressLow(records, endpoint),
            EndpointKey.port(EndpointRecord.details(records, endpoint))));
  }

  /** With a host that does not follow from the key. */
  String of(EndpointStore store, int endpoint, String host) {
    long details = EndpointRecord.details(store.records(), endpoint);
    return values(label ->
        switch (label) {
          case ZONE -> Integer.toString(EndpointKey.zone(details));
          case DIRECTION -> EndpointKey.direction(details).label;
          case HOST, SOURCE -> host;
          case PROTOCOL -> protocol(EndpointKey.protocol(details));
          case SERVICE -> service(store.services(), endpoint, EndpointKey.port(details));
        });
  }

  /** Those that are counted; ICMPv6 is told from ICMP by its addresses. */
  private static String protocol(int number) {
    return switch (number) {
      case 6 -> "tcp";
      case 17 -> "udp";
      case 132 -> "sctp";
      case EndpointKey.ICMP, EndpointKey.ICMPV6 -> "icmp";
      default -> Integer.toString(number);
    };
  }

  /** It has a port where the host has one. */
  private static String service(MemorySegment services, int endpoint, int hostPort) {
    long high = ServiceRecord.addressHigh(services, endpoint);
    long low = ServiceRecord.addressLow(services, endpoint);
    if ((high | low) == 0) {
      return "";
    }
    boolean hasPort = hostPort != EndpointLabel.NO_PORT;
    int port = hasPort ? ServiceRecord.port(services, endpoint) : EndpointLabel.NO_PORT;
    return EndpointLabel.of(high, low, port);
  }

  private String values(Function<Label, String> value) {
    return labels.stream()
        .map(value)
        .collect(Collectors.joining(String.valueOf(Snapshot.LABEL_SEPARATOR)));
  }
}
