package io.conntrack.aggregator;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.Snapshot;
import java.util.Set;

/**
 * The tables that flows are counted in: that of their endpoints, and that of their sources if the
 * options ask for it. Both go through the same epochs. Belongs to the reader.
 */
final class EndpointTables implements AutoCloseable {
  private final TrackerOptions options;
  private final EndpointTable endpoints;

  /** Null unless options ask for it. */
  private final EndpointTable sources;

  private final EndpointTable[] all;

  EndpointTables(TrackerOptions options) {
    this.options = options;
    this.endpoints =
        new EndpointTable(
            options.maxEndpoints(), options.endpointRetentionMs(), options.endpoints(), false);
    this.sources =
        options.sources() == SourceView.NONE
            ? null
            : new EndpointTable(
                options.maxSources(),
                options.endpointRetentionMs(),
                options.endpoints().ofSources(),
                true);
    this.all =
        sources == null
            ? new EndpointTable[] {endpoints}
            : new EndpointTable[] {endpoints, sources};
  }

  EndpointTable endpoints() {
    return endpoints;
  }

  /** Null unless flows are counted by their sources. */
  EndpointTable sources() {
    return sources;
  }

  /** Null too where {@link #sources} is. */
  EndpointCounts sourceCounts() {
    return sources == null ? null : sources.counts();
  }

  void clock(long nowMs) {
    for (EndpointTable table : all) {
      table.clock(nowMs);
    }
  }

  void openEpoch() {
    for (EndpointTable table : all) {
      table.openEpoch();
    }
  }

  void endEpoch() {
    for (EndpointTable table : all) {
      table.endEpoch();
    }
  }

  void revealHidden() {
    for (EndpointTable table : all) {
      table.revealHidden();
    }
  }

  boolean areUnsettled() {
    return endpoints.isUnsettled() || (sources != null && sources.isUnsettled());
  }

  /** Whether the next epoch may find an endpoint of their own for flows that have none. */
  boolean areOverflowing() {
    return areUnsettled() || endpoints.isOverflowing() || areSourcesOverflowing();
  }

  boolean areSourcesOverflowing() {
    return sources != null && sources.isOverflowing();
  }

  /**
   * From now on the groups that these rules name stay without connections, and so does the source
   * {@code self}. Returns how many have no room now.
   */
  int keepGroups(EndpointRules rules, Set<Integer> protocols) {
    EndpointOptions labels = options.endpoints();
    int left = endpoints.keepGroups(NamedGroups.of(rules, labels, protocols));
    return sources == null
        ? left
        : left
            + sources.keepGroups(
                NamedGroups.of(SourceResolver.withSelf(rules.sources()), labels, protocols));
  }

  /**
   * What is shown now.
   *
   * @param counter of the flows by endpoint
   * @param counterBySource null where there is no table of sources
   * @param flows how many are known
   * @param census of all flows
   */
  Snapshot snapshot(
      ConnectionCounter counter,
      SourceCounter counterBySource,
      long flows,
      long untracked,
      Census census) {
    for (EndpointTable table : all) {
      table.expire();
    }
    long counted = counter.countedFlows();
    long ignored = counter.ignoredFlows();
    long stateless = flows - counted - ignored;
    Snapshot snapshot =
        endpoints.snapshot(
            new Snapshot.Totals(counted, ignored, stateless, untracked, endpoints.inUse(), census));
    if (sources == null) {
      return snapshot;
    }
    return snapshot.with(
        sources.snapshot(
            new Snapshot.Totals(
                counterBySource.countedFlows(),
                ignored,
                stateless,
                untracked,
                sources.inUse(),
                Census.NONE)));
  }

  long memoryBytes() {
    return endpoints.memoryBytes() + (sources == null ? 0 : sources.memoryBytes());
  }

  @Override
  public void close() {
    for (EndpointTable table : all) {
      table.close();
    }
  }
}
