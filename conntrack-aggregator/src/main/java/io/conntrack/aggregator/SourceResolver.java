package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.FlowPath;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.state.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Finds the source of a flow that the {@link EndpointResolver} has just resolved: the end that
 * opened it, as the original tuple has it, before NAT. All connections that this host opens have
 * one source, {@code self}. Belongs to the reader.
 */
final class SourceResolver {
  private static final RuleAction.Group SELF = RuleAction.Group.named("self");

  /** The length of what one IPv6 host may have for itself. */
  private static final RuleAction.Prefix IPV6_PREFIX = new RuleAction.Prefix(0, 64);

  private final EndpointTable sources;
  private final EndpointResolver endpoints;
  private final boolean ipv6Prefix;
  private final EndpointKey key = new EndpointKey();
  private EndpointRules rules = EndpointRules.NONE;

  SourceResolver(EndpointTable sources, EndpointResolver endpoints, SourceView view) {
    this.sources = sources;
    this.endpoints = endpoints;
    this.ipv6Prefix = view == SourceView.PREFIX;
  }

  void rules(EndpointRules others) {
    rules = others;
  }

  /** The rules for sources, and one more for the source that is always there. */
  static EndpointRules withSelf(EndpointRules rules) {
    List<EndpointRule> all = new ArrayList<>(rules.rules());
    all.add(new EndpointRule(List.of(), List.of(), Set.of(Direction.OUTBOUND), List.of(), SELF));
    return new EndpointRules(all);
  }

  /**
   * The number of the source, or {@link FlowEntry#IGNORED}. A new source is admitted. {@code
   * likely} is a guess: any source's number, or none.
   */
  int resolve(Flow flow, int likely) {
    FlowPath path = endpoints.path();
    if (path.direction == Direction.OUTBOUND) {
      return group(flow, path, SELF, likely);
    }
    // Picked up in mid-stream, from the server's side.
    RemoteEnd end = path.isReversed() ? RemoteEnd.ORIGINAL_DESTINATION : RemoteEnd.ORIGINAL_SOURCE;
    long high = end.addressHigh(flow);
    long low = end.addressLow(flow);
    if (rules.isEmpty()) {
      return address(flow, path, high, low, likely);
    }
    return switch (rules.action(high, low, path.direction, EndpointLabel.NO_PORT, flow.protocol)) {
      case RuleAction.Plain.IGNORE -> FlowEntry.IGNORED;
      case RuleAction.Plain _ -> address(flow, path, high, low, likely);
      case RuleAction.Group group -> group(flow, path, group, likely);
      case RuleAction.Prefix prefix -> network(flow, path, high, low, prefix, likely);
    };
  }

  private int group(Flow flow, FlowPath path, RuleAction.Group group, int likely) {
    key.set(group.keyHigh(), group.keyLow(), endpoints.details(flow, path, EndpointLabel.GROUP));
    return sources.has(likely, key) ? likely : sources.admit(key, group.name());
  }

  private int address(Flow flow, FlowPath path, long high, long low, int likely) {
    return ipv6Prefix && !EndpointLabel.isIpv4(high, low)
        ? network(flow, path, high, low, IPV6_PREFIX, likely)
        : client(flow, path, high, low, EndpointLabel.NO_PORT, likely);
  }

  private int network(
      Flow flow, FlowPath path, long high, long low, RuleAction.Prefix prefix, int likely) {
    int bits = prefix.bits(high, low);
    long networkHigh = high & Network.mask(bits);
    long networkLow = low & Network.mask(bits - Long.SIZE);
    return client(flow, path, networkHigh, networkLow, EndpointLabel.network(bits), likely);
  }

  private int client(Flow flow, FlowPath path, long high, long low, int port, int likely) {
    key.set(high, low, endpoints.details(flow, path, port));
    boolean unproven = endpoints.isUnproven();
    if (!sources.has(likely, key)) {
      return unproven ? sources.admitUnproven(key) : sources.admit(key, false);
    }
    if (!unproven) {
      sources.prove(likely);
    }
    return likely;
  }
}
