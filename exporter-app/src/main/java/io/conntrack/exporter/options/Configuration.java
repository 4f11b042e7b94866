package io.conntrack.exporter.options;

import io.conntrack.aggregator.TrackerOptions;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.terms.LogFormat;
import io.conntrack.exporter.terms.LogLevel;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.exporter.terms.Protocols.Protocol;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the operator asked for: parsed and checked once by {@link Options}, then only read.
 *
 * @param listenAddresses where HTTP listens, one or more; the wildcard is every address of both
 *     families, port 0 a port that the kernel picks
 * @param systemdSocket whether HTTP listens on what systemd hands over, instead
 * @param listenPath the path of the metrics, beginning with a slash
 * @param once whether to print the metrics of one dump and end
 * @param resyncInterval the time between two resyncs; absent, it follows from what they cost
 * @param endpointRetention how long an endpoint without flows still shows, at zero
 * @param maxEndpoints how many endpoints are shown; the connections of more are summed
 * @param maxFlows how many flows are tracked at most; absent, it follows from the kernel's limit
 * @param protocols whose flows are counted, one or more
 * @param endpoints what tells remote endpoints apart, and so which labels they have
 * @param sources whether connections are shown by their sources too
 * @param maxSources how many sources are shown then; the connections of more are summed
 * @param localPorts the local ports towards a server are told if there are more than this; 0 if
 *     none are
 * @param perCpu whether the kernel's counters are shown for each CPU, or summed
 * @param processMetrics whether the metrics of this process and its JVM are shown
 * @param page whether there is a page of endpoints for people
 * @param createdSeries whether OpenMetrics tells since when the counters of endpoints count
 * @param histograms with which buckets
 * @param events whether to listen to the kernel's events; without, only resyncs tell
 * @param netlinkBufferBytes the receive buffer to ask for, for events
 * @param ignoredHosts remote hosts whose connections are neither counted nor logged
 * @param rulesFile with rules for endpoints, if there are any; not read yet
 * @param names where names for addresses come from; none if empty
 * @param webConfigFile with TLS and users, if there is one; not read yet
 * @param loggedEvents which connection events are logged, and how
 * @param netns where other network namespaces to read are looked for; none if empty
 * @param maxRequests how many scrapes are answered at once; 0 is no limit
 * @param logLevel what the daemon's own log tells
 * @param logFormat how that log is written; if absent, as where it leads asks for
 */
public record Configuration(
    List<InetSocketAddress> listenAddresses,
    boolean systemdSocket,
    String listenPath,
    boolean once,
    Optional<Duration> resyncInterval,
    Duration endpointRetention,
    int maxEndpoints,
    OptionalInt maxFlows,
    Set<Protocol> protocols,
    EndpointOptions endpoints,
    SourceView sources,
    int maxSources,
    int localPorts,
    boolean perCpu,
    boolean processMetrics,
    boolean page,
    boolean createdSeries,
    HistogramForm histograms,
    boolean events,
    int netlinkBufferBytes,
    IgnoredHosts ignoredHosts,
    Optional<Path> rulesFile,
    List<NameSource> names,
    Optional<Path> webConfigFile,
    LoggedEvents loggedEvents,
    List<NamespacePattern> netns,
    int maxRequests,
    LogLevel logLevel,
    Optional<LogFormat> logFormat) {

  /** What concerns counting. */
  public TrackerOptions trackerOptions() {
    return new TrackerOptions(
        flowLimit().now(),
        maxEndpoints,
        endpointRetention.toMillis(),
        endpoints,
        ignoredHosts,
        sources,
        maxSources,
        localPorts,
        loggedEvents.hasRecords());
  }

  /** How many network namespaces beside the own one have room for their endpoints and sources. */
  public int mostOtherNamespaces() {
    int ofEach = maxEndpoints + (sources == SourceView.NONE ? 0 : maxSources);
    return Values.mostEndpoints(endpoints, !names.isEmpty()) / ofEach - 1;
  }

  public FlowLimit flowLimit() {
    return new FlowLimit(maxFlows);
  }
}
