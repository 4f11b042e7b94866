package io.conntrack.aggregator;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * How many connections each remote endpoint has, in which states. Belongs to the reader.
 *
 * <p><b>Room.</b> When no room is left, the endpoint that has been empty for longest makes room.
 * When none is empty, the flow is counted at the overflow endpoint, {@code other}.
 *
 * <p><b>Complete or absent.</b> An endpoint must not show some of its flows while others are in
 * {@code other}, and {@code other} does not know whose flows it holds. So:
 *
 * <ol>
 *   <li>An endpoint that is admitted while {@code other} holds flows is hidden: its connections are
 *       shown in {@code other} too.
 *   <li>Once one was refused, none is admitted until an epoch opens.
 *   <li>Every message makes its flow look for its endpoint anew, and what an epoch does not see is
 *       swept. So at its clean end a flow that is still in {@code other} was refused in this epoch,
 *       and by 2 its endpoint was not admitted since. No hidden endpoint then has flows in {@code
 *       other}, and all are revealed.
 * </ol>
 *
 * <p><b>Retention.</b> An endpoint without connections stays, at zero, for the retention. Empty
 * ones are in a list, in the order of their times, a ring through record 0.
 */
final class EndpointTable implements AutoCloseable {
  /** The overflow endpoint's record; also the ring's head. */
  static final int OVERFLOW = 0;

  static final String OVERFLOW_LABEL = "other";

  private final int maxEndpoints;
  private final long retentionMs;
  private final EndpointStore store = new EndpointStore();

  /** By record; null until a snapshot has shown the endpoint. Events allocate no strings. */
  private String[] labels = {OVERFLOW_LABEL};

  private boolean admitting = true;
  private int hiddenEndpoints;
  private long nowMs;

  EndpointTable(int maxEndpoints, long retentionMs) {
    this.maxEndpoints = maxEndpoints;
    this.retentionMs = retentionMs;
  }

  /** The time, by which endpoints become empty from now on. */
  void clock(long nowMs) {
    this.nowMs = nowMs;
  }

  /** Room taken, by hidden endpoints and those at zero too, but not by the overflow endpoint. */
  int inUse() {
    return store.size();
  }

  /** The endpoint's number, or OVERFLOW; to be followed by {@link #add}. */
  int admit(long addressHigh, long addressLow, int port) {
    int known = store.find(addressHigh, addressLow, port);
    if (known != EndpointStore.NONE) {
      return known;
    }
    admitting = admitting && makeRoom();
    return admitting ? create(addressHigh, addressLow, port) : OVERFLOW;
  }

  private boolean makeRoom() {
    if (store.size() < maxEndpoints) {
      return true;
    }
    int longestEmpty = EndpointRecord.next(store.records(), OVERFLOW);
    if (longestEmpty == OVERFLOW) {
      return false;
    }
    release(longestEmpty);
    return true;
  }

  private int create(long addressHigh, long addressLow, int port) {
    int endpoint = store.create(addressHigh, addressLow, port);
    boolean hide = total(OVERFLOW) > 0;
    status(endpoint, hide ? EndpointRecord.HIDDEN : EndpointRecord.SHOWN);
    hiddenEndpoints += hide ? 1 : 0;
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

  int connections(int endpoint, ConnectionState state) {
    return EndpointRecord.connections(store.records(), endpoint, state.column);
  }

  /** Endpoints may be admitted again. */
  void openEpoch() {
    admitting = true;
  }

  /** A clean end of an epoch: every flow has looked for its endpoint since the epoch opened. */
  void revealHidden() {
    for (int endpoint = 1; endpoint < store.end() && hiddenEndpoints > 0; endpoint++) {
      if (status(endpoint) == EndpointRecord.HIDDEN) {
        status(endpoint, EndpointRecord.SHOWN);
        leftOverflow();
      }
    }
  }

  private void leftOverflow() {
    hiddenEndpoints--;
    EndpointRecord.emptySinceMs(store.records(), OVERFLOW, nowMs);
  }

  /** Lets go of what has been empty for the retention. */
  void expire() {
    MemorySegment records = store.records();
    int endpoint = EndpointRecord.next(records, OVERFLOW);
    while (endpoint != OVERFLOW && isExpired(endpoint)) {
      release(endpoint);
      endpoint = EndpointRecord.next(records, OVERFLOW);
    }
    if (total(OVERFLOW) == 0 && hiddenEndpoints == 0 && isExpired(OVERFLOW)) {
      status(OVERFLOW, EndpointRecord.FREE);
    }
  }

  private boolean isExpired(int endpoint) {
    return nowMs - EndpointRecord.emptySinceMs(store.records(), endpoint) >= retentionMs;
  }

  private void release(int endpoint) {
    if (status(endpoint) == EndpointRecord.HIDDEN) {
      leftOverflow();
    }
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
      int last = EndpointRecord.previous(records, OVERFLOW);
      link(last, endpoint);
      link(endpoint, OVERFLOW);
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
    String[] hosts = new String[shown];
    int[] connections = new int[shown * ConnectionState.COUNT];
    int row = 0; // The overflow endpoint's, if it is shown, which it is when others are hidden.
    for (int endpoint = 0; endpoint < end; endpoint++) {
      int status = status(endpoint);
      if (status == EndpointRecord.SHOWN) {
        hosts[row] = label(endpoint);
        addTo(connections, row++, endpoint);
      } else if (status == EndpointRecord.HIDDEN) {
        addTo(connections, 0, endpoint);
      }
    }
    return new Snapshot(hosts, connections, totals);
  }

  private int countShown() {
    int shown = 0;
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      shown += status(endpoint) == EndpointRecord.SHOWN ? 1 : 0;
    }
    return shown;
  }

  private String label(int endpoint) {
    if (labels[endpoint] == null) {
      MemorySegment records = store.records();
      labels[endpoint] =
          EndpointLabel.of(
              EndpointRecord.addressHigh(records, endpoint),
              EndpointRecord.addressLow(records, endpoint),
              EndpointRecord.port(records, endpoint));
    }
    return labels[endpoint];
  }

  /** Room for the connections of every record in every state. */
  int[] zeroes() {
    return new int[store.end() * ConnectionState.COUNT];
  }

  /** Whether each record, the free ones too, has these connections. */
  boolean agreesWith(int[] connections) {
    int[] actual = zeroes();
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      addTo(actual, endpoint, endpoint);
    }
    return Arrays.equals(actual, connections);
  }

  private void addTo(int[] connections, int row, int endpoint) {
    for (int column = 0; column < ConnectionState.COUNT; column++) {
      connections[row * ConnectionState.COUNT + column] +=
          EndpointRecord.connections(store.records(), endpoint, column);
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
