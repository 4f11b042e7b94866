package io.conntrack.aggregator;

import io.conntrack.aggregator.endpoint.EmptyEndpoints;
import io.conntrack.aggregator.endpoint.EndpointRecord;
import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.state.Direction;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * The groups that rules name. They have an endpoint as long as they are named, also without
 * connections. So an alert on zero has a series. Belongs to the reader.
 */
final class NamedGroups {
  /** One endpoint of a group. The key is not to be changed. */
  record Group(EndpointKey key, String name) {}

  private final EndpointStore store;
  private final EmptyEndpoints empty;
  private final int most;
  private Collection<Group> groups = List.of();

  /** Of their endpoints. */
  private final BitSet numbers = new BitSet();

  /** {@code most}: how many endpoints may stay without connections. */
  NamedGroups(EndpointStore store, EmptyEndpoints empty, int most) {
    this.store = store;
    this.empty = empty;
    this.most = most;
  }

  /**
   * The endpoints of the groups that rules name. Each group has one. If labels tell directions and
   * protocols apart, it has one for each that its rule is for. Only zone 0 is known beforehand.
   *
   * @param protocols the numbers of those that are counted
   */
  static Collection<Group> of(
      EndpointRules rules, EndpointOptions options, Set<Integer> protocols) {
    Map<String, Group> groups = new LinkedHashMap<>();
    for (EndpointRule rule : rules.rules()) {
      if (rule.action() instanceof RuleAction.Group group) {
        for (long direction : directions(rule, options)) {
          for (long protocol : protocols(rule, options, protocols)) {
            long details = EndpointKey.ofPort(EndpointLabel.GROUP) | direction | protocol;
            EndpointKey key = new EndpointKey().set(group.keyHigh(), group.keyLow(), details);
            groups.put(details + " " + group.name(), new Group(key, group.name()));
          }
        }
      }
    }
    return List.copyOf(groups.values());
  }

  private static Collection<Long> directions(EndpointRule rule, EndpointOptions options) {
    if (!options.direction()) {
      return Set.of(0L);
    }
    Set<Direction> directions =
        rule.directions().isEmpty() ? EnumSet.allOf(Direction.class) : rule.directions();
    return directions.stream().map(EndpointKey::ofDirection).toList();
  }

  private static Collection<Long> protocols(
      EndpointRule rule, EndpointOptions options, Set<Integer> counted) {
    if (!options.protocol()) {
      return Set.of(0L);
    }
    Set<Long> protocols = new TreeSet<>();
    for (int protocol : counted) {
      if (rule.protocols().isEmpty() || rule.protocols().contains(protocol)) {
        protocols.add(EndpointKey.ofProtocol(EndpointKey.ofGroup(protocol)));
      }
    }
    return protocols;
  }

  /** Whether the endpoint stays without connections. */
  boolean has(int endpoint) {
    return numbers.get(endpoint);
  }

  int count() {
    return numbers.cardinality();
  }

  /** Whether there are groups without an endpoint. */
  boolean isIncomplete() {
    return numbers.cardinality() < groups.size();
  }

  /** Other groups from now on. Returns the endpoints that stay no longer. */
  BitSet replace(Collection<Group> others) {
    BitSet gone = (BitSet) numbers.clone();
    for (Group group : others) {
      gone.clear(store.find(group.key()));
    }
    groups = others;
    numbers.andNot(gone);
    return gone;
  }

  /**
   * Has those stay that do not yet, as many as may.
   *
   * @param creator makes the endpoint of a group, or returns NONE if it has no room
   */
  void admit(ToIntFunction<Group> creator) {
    for (Group group : groups) {
      int endpoint = store.find(group.key());
      if (endpoint == EndpointStore.NONE && count() < most) {
        endpoint = creator.applyAsInt(group);
      }
      if (endpoint != EndpointStore.NONE && count() < most) {
        stays(endpoint);
      }
    }
  }

  /** An endpoint that is there stays from now on. */
  private void stays(int endpoint) {
    if (!numbers.get(endpoint)) {
      numbers.set(endpoint);
      if (EndpointRecord.total(store.records(), endpoint) == 0) {
        empty.remove(endpoint);
      }
      empty.prepare(endpoint);
    }
  }
}
