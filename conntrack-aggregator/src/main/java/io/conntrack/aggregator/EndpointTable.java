package io.conntrack.aggregator;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many connections each remote endpoint has, in which states. Belongs to the reader.
 *
 * <p><b>Room.</b> Clients of this host, of which anyone can send any number, have at most a half of
 * the room. When no room is left, an endpoint that is empty makes room, the one that has been so
 * for longest, of the same kind if there is one. When none is empty, the flow is counted at the
 * overflow endpoint, {@code other}.
 *
 * <p><b>Complete or absent.</b> An endpoint must not show some of its flows while others are in
 * {@code other}, and {@code other} does not know whose flows it holds. So:
 *
 * <ol>
 *   <li>An endpoint that is admitted while {@code other} holds flows is hidden: its connections are
 *       shown in {@code other} too.
 *   <li>If any was refused since an epoch was opened, it waits: it is hidden when the next opens.
 *   <li>Every message makes its flow look for its endpoint anew, and what an epoch does not see is
 *       swept. So at its clean end a flow that is still in {@code other} was refused in this epoch,
 *       and by 2 an endpoint of which one was refused is not hidden but waits. No hidden endpoint
 *       then has flows in {@code other}, and all are revealed.
 * </ol>
 *
 * <p><b>Retention.</b> An endpoint without connections stays, at zero, for the retention. Empty
 * ones are in two lists, of clients and of others, each in the order of their times, and a ring
 * through its head.
 */
final class EndpointTable implements AutoCloseable {
  /** The overflow endpoint's record. */
  static final int OVERFLOW = 0;

  /** The heads of the lists are the records that are no endpoints. */
  private static final int SERVERS = 0;

  private static final int CLIENTS = 1;

  private final int maxEndpoints;
  private final int maxClients;
  private final long retentionMs;
  private final EndpointStore store;

  private final LabelSet labelSet;
  private final boolean tcpStates;
  private final boolean timed;

  /**
   * By record; null until a snapshot has shown the endpoint, unless it is a group. But for a group
   * that is admitted events allocate no strings.
   */
  private String[] labels;

  private int clients;
  private boolean refusedSinceOpen;

  /** Waiting ones included. */
  private int hiddenEndpoints;

  private long nowMs;

  /** The kernel has told of a flow what it carries. */
  private boolean trafficTold;

  EndpointTable(int maxEndpoints, long retentionMs, EndpointOptions options) {
    this.maxEndpoints = maxEndpoints;
    this.maxClients = maxEndpoints - maxEndpoints / 2;
    this.retentionMs = retentionMs;
    this.store = new EndpointStore(options);
    this.tcpStates = options.tcpStates();
    this.timed = options.times();
    this.labelSet = new LabelSet(options);
    this.labels = new String[] {labelSet.ofOverflow()};
    link(SERVERS, SERVERS);
    link(CLIENTS, CLIENTS);
  }

  /** The time, by which endpoints become empty from now on. */
  void clock(long nowMs) {
    this.nowMs = nowMs;
  }

  /** Room taken, by hidden endpoints and those at zero too, but not by the overflow endpoint. */
  int inUse() {
    return store.size();
  }

  /** Whether there are flows whose endpoint had no room. */
  boolean isOverflowing() {
    return total(OVERFLOW) > 0;
  }

  /** Whether this is the endpoint's number. */
  boolean has(int endpoint, EndpointKey key) {
    return endpoint >= EndpointStore.FIRST
        && store.hasKey(endpoint, key)
        && status(endpoint) != EndpointRecord.FREE;
  }

  /**
   * Bits that tell an endpoint from one that may have its number later; of no meaning if below 0.
   */
  int hash(int endpoint) {
    return endpoint >= EndpointStore.FIRST ? EndpointRecord.hash(store.records(), endpoint) : 0;
  }

  /** Whether the endpoint with this number is one that has been released. */
  boolean isFree(int endpoint) {
    return endpoint >= EndpointStore.FIRST && status(endpoint) == EndpointRecord.FREE;
  }

  /** The place where an endpoint with this key is likely to be found. */
  long likelyPlace(EndpointKey key) {
    return store.likelyPlace(key);
  }

  /** The number of the endpoint in a place, or a smaller one than any has. */
  int at(long place) {
    return place == EndpointStore.NO_PLACE ? EndpointStore.NONE : store.at(place);
  }

  /** A word of the endpoint's record: it is in the processor's caches then. */
  int touch(int endpoint) {
    return endpoint >= EndpointStore.FIRST ? total(endpoint) : 0;
  }

  /** The endpoint's number, or OVERFLOW; to be followed by {@link #add}. */
  int admit(EndpointKey key, boolean client) {
    int known = store.find(key);
    if (known != EndpointStore.NONE) {
      return known;
    }
    if (!makeRoom(client)) {
      refusedSinceOpen = true;
      return OVERFLOW;
    }
    return create(key, client ? CLIENTS : SERVERS);
  }

  /** The same of a group, whose name is its host. */
  int admit(EndpointKey key, String name) {
    int endpoint = admit(key, false);
    if (endpoint >= labels.length) {
      labels = Arrays.copyOf(labels, 2 * endpoint);
    }
    if (labels[endpoint] == null) {
      labels[endpoint] = labelSet.of(store, endpoint, name);
    }
    return endpoint;
  }

  private boolean makeRoom(boolean client) {
    if (client && clients >= maxClients) {
      return releaseEmpty(CLIENTS);
    }
    return store.size() < maxEndpoints
        || releaseEmpty(client ? CLIENTS : SERVERS)
        || releaseEmpty(client ? SERVERS : CLIENTS);
  }

  private boolean releaseEmpty(int list) {
    int longestEmpty = EndpointRecord.next(store.records(), list);
    if (longestEmpty == list) {
      return false;
    }
    release(longestEmpty);
    return true;
  }

  private int create(EndpointKey key, int list) {
    int endpoint = store.create(key);
    EndpointRecord.list(store.records(), endpoint, list);
    clients += list == CLIENTS ? 1 : 0;
    if (total(OVERFLOW) == 0) {
      status(endpoint, EndpointRecord.SHOWN);
    } else {
      status(endpoint, refusedSinceOpen ? EndpointRecord.WAITING : EndpointRecord.HIDDEN);
      hiddenEndpoints++;
    }
    becameEmpty(endpoint);
    return endpoint;
  }

  void add(int endpoint, ConnectionState state) {
    if (endpoint == OVERFLOW) {
      status(OVERFLOW, EndpointRecord.SHOWN);
    } else if (total(endpoint) == 0) {
      unlink(endpoint);
    }
    EndpointRecord.addConnections(store.records(), endpoint, state.column, 1);
  }

  void remove(int endpoint, ConnectionState state) {
    EndpointRecord.addConnections(store.records(), endpoint, state.column, -1);
    assert connections(endpoint, state) >= 0 : "endpoint=" + endpoint + " is below zero";
    if (total(endpoint) == 0) {
      becameEmpty(endpoint);
    }
  }

  /** Counts one more of a flow's endpoint, if it has one: where its connections are shown. */
  void count(int endpoint, Outcome outcome) {
    if (endpoint >= OVERFLOW) {
      store.count(isHidden(endpoint) ? OVERFLOW : endpoint, outcome);
    }
  }

  /** Adds what flows of an endpoint have carried, where its connections are shown. */
  void addTraffic(
      int endpoint, long receivedBytes, long receivedPackets, long sentBytes, long sentPackets) {
    trafficTold = true;
    int shown = isHidden(endpoint) ? OVERFLOW : endpoint;
    TrafficCounts.add(store.traffic(), shown, Traffic.RECEIVED_BYTES, receivedBytes);
    TrafficCounts.add(store.traffic(), shown, Traffic.RECEIVED_PACKETS, receivedPackets);
    TrafficCounts.add(store.traffic(), shown, Traffic.SENT_BYTES, sentBytes);
    TrafficCounts.add(store.traffic(), shown, Traffic.SENT_PACKETS, sentPackets);
  }

  /** Counts one more of an endpoint's connections by a time, where they are shown. */
  void addTime(int endpoint, Timing timing, double seconds) {
    int shown = isHidden(endpoint) ? OVERFLOW : endpoint;
    TimeCounts.add(store.times(), shown, timing, seconds);
  }

  /** Counts a flow that is counted at an endpoint by TCP's own state too, if that is wanted. */
  void addTcp(int endpoint, int tcpState, int change) {
    if (tcpStates) {
      TcpCounts.add(store.tcpCounts(), endpoint, TcpState.column(tcpState), change);
    }
  }

  int connections(int endpoint, ConnectionState state) {
    return EndpointRecord.connections(store.records(), endpoint, state.column);
  }

  /** From now on every flow looks for its endpoint anew. */
  void openEpoch() {
    refusedSinceOpen = false;
    for (int endpoint = EndpointStore.FIRST; endpoint < hiddenEnd(); endpoint++) {
      if (status(endpoint) == EndpointRecord.WAITING) {
        status(endpoint, EndpointRecord.HIDDEN);
      }
    }
  }

  /** A clean end of an epoch: every flow has looked for its endpoint since the epoch opened. */
  void revealHidden() {
    for (int endpoint = EndpointStore.FIRST; endpoint < hiddenEnd(); endpoint++) {
      if (status(endpoint) == EndpointRecord.HIDDEN) {
        status(endpoint, EndpointRecord.SHOWN);
        leftOverflow();
      }
    }
  }

  /** Where walks over hidden endpoints may end: at once, usually. */
  private int hiddenEnd() {
    return hiddenEndpoints == 0 ? 0 : store.end();
  }

  private boolean isHidden(int endpoint) {
    int status = status(endpoint);
    return status == EndpointRecord.HIDDEN || status == EndpointRecord.WAITING;
  }

  private void leftOverflow() {
    hiddenEndpoints--;
    EndpointRecord.emptySinceMs(store.records(), OVERFLOW, nowMs);
  }

  /** Lets go of what has been empty for the retention. */
  void expire() {
    expire(SERVERS);
    expire(CLIENTS);
    if (total(OVERFLOW) == 0 && hiddenEndpoints == 0 && isExpired(OVERFLOW)) {
      status(OVERFLOW, EndpointRecord.FREE);
    }
  }

  private void expire(int list) {
    MemorySegment records = store.records();
    int endpoint = EndpointRecord.next(records, list);
    while (endpoint != list && isExpired(endpoint)) {
      release(endpoint);
      endpoint = EndpointRecord.next(records, list);
    }
  }

  private boolean isExpired(int endpoint) {
    return nowMs - EndpointRecord.emptySinceMs(store.records(), endpoint) >= retentionMs;
  }

  private void release(int endpoint) {
    if (isHidden(endpoint)) {
      leftOverflow();
    }
    clients -= EndpointRecord.list(store.records(), endpoint) == CLIENTS ? 1 : 0;
    unlink(endpoint);
    if (endpoint < labels.length) {
      labels[endpoint] = null;
    }
    store.release(endpoint);
  }

  private void becameEmpty(int endpoint) {
    MemorySegment records = store.records();
    EndpointRecord.emptySinceMs(records, endpoint, nowMs);
    if (endpoint != OVERFLOW) {
      int list = EndpointRecord.list(records, endpoint);
      link(EndpointRecord.previous(records, list), endpoint);
      link(endpoint, list);
    }
  }

  private void unlink(int endpoint) {
    MemorySegment records = store.records();
    link(EndpointRecord.previous(records, endpoint), EndpointRecord.next(records, endpoint));
  }

  private void link(int endpoint, int next) {
    EndpointRecord.next(store.records(), endpoint, next);
    EndpointRecord.previous(store.records(), next, endpoint);
  }

  /** What is shown now; the totals are checked against it. */
  Snapshot snapshot(Snapshot.Totals totals) {
    int end = store.end();
    if (labels.length < end) {
      labels = Arrays.copyOf(labels, end);
    }
    int shown = countShown();
    String[] shownLabels = new String[shown];
    int[] connections = new int[shown * ConnectionState.COUNT];
    int[] tcpConnections = tcpStates ? new int[shown * TcpState.COUNT] : null;
    PackedCounts outcomes = new PackedCounts(shown, Outcome.COUNT);
    PackedCounts traffic = trafficTold ? new PackedCounts(shown, Traffic.COUNT) : null;
    int row = 0; // The overflow endpoint's, if it is shown, which it is when others are hidden.
    for (int endpoint = 0; endpoint < end; endpoint++) {
      if (status(endpoint) == EndpointRecord.SHOWN) {
        shownLabels[row] = labels(endpoint);
        for (int column = 0; column < Outcome.COUNT; column++) {
          outcomes.add(store.count(endpoint, column));
        }
        for (int column = 0; trafficTold && column < Traffic.COUNT; column++) {
          traffic.add(TrafficCounts.get(store.traffic(), endpoint, column));
        }
        addTcpTo(tcpConnections, row, endpoint);
        addTo(connections, row++, endpoint);
      } else if (isHidden(endpoint)) {
        addTcpTo(tcpConnections, 0, endpoint);
        addTo(connections, 0, endpoint);
      }
    }
    return new Snapshot(
        labelSet.names(),
        shownLabels,
        connections,
        tcpConnections,
        outcomes,
        traffic,
        times(shown),
        totals);
  }

  /** In the order of the rows; empty where connections are not timed. */
  private Map<Timing, Histograms> times(int rows) {
    Map<Timing, Histograms> times = new EnumMap<>(Timing.class);
    for (Timing timing : timed ? Timing.values() : new Timing[0]) {
      Histograms histograms = new Histograms(rows);
      for (int endpoint = 0; endpoint < store.end(); endpoint++) {
        if (status(endpoint) == EndpointRecord.SHOWN) {
          for (int column = 0; column < timing.columns; column++) {
            histograms.add(column, TimeCounts.get(store.times(), endpoint, timing, column));
          }
          histograms.endRow(TimeCounts.sum(store.times(), endpoint, timing));
        }
      }
      times.put(timing, histograms);
    }
    return times;
  }

  private int countShown() {
    int shown = 0;
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      shown += status(endpoint) == EndpointRecord.SHOWN ? 1 : 0;
    }
    return shown;
  }

  private String labels(int endpoint) {
    if (labels[endpoint] == null) {
      labels[endpoint] = labelSet.of(store, endpoint);
    }
    return labels[endpoint];
  }

  /** Room for the connections of every record in every state. */
  int[] zeroes() {
    return new int[store.end() * ConnectionState.COUNT];
  }

  /** Room for the connections of every record in every state of TCP's, if they are counted. */
  int[] tcpZeroes() {
    return new int[tcpStates ? store.end() * TcpState.COUNT : 0];
  }

  /** Whether each record, the free ones too, has these connections. */
  boolean agreesWith(int[] connections, int[] tcpConnections) {
    int[] actual = zeroes();
    int[] actualOfTcp = tcpZeroes();
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      addTo(actual, endpoint, endpoint);
      addTcpTo(actualOfTcp, endpoint, endpoint);
    }
    return Arrays.equals(actual, connections) && Arrays.equals(actualOfTcp, tcpConnections);
  }

  private void addTo(int[] connections, int row, int endpoint) {
    for (int column = 0; column < ConnectionState.COUNT; column++) {
      connections[row * ConnectionState.COUNT + column] +=
          EndpointRecord.connections(store.records(), endpoint, column);
    }
  }

  private void addTcpTo(int[] tcpConnections, int row, int endpoint) {
    for (int column = 0; tcpStates && column < TcpState.COUNT; column++) {
      tcpConnections[row * TcpState.COUNT + column] +=
          TcpCounts.get(store.tcpCounts(), endpoint, column);
    }
  }

  private int total(int endpoint) {
    return EndpointRecord.total(store.records(), endpoint);
  }

  private int status(int endpoint) {
    return EndpointRecord.status(store.records(), endpoint);
  }

  private void status(int endpoint, int status) {
    EndpointRecord.status(store.records(), endpoint, status);
  }

  @Override
  public void close() {
    store.close();
  }
}
