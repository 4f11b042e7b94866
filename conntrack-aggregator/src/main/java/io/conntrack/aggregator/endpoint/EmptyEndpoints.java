package io.conntrack.aggregator.endpoint;

import java.lang.foreign.MemorySegment;

/**
 * The endpoints without connections, in the order in which they became empty. They are a ring
 * through their records, and through one record that is no endpoint. Belongs to the reader.
 */
public final class EmptyEndpoints {
  private static final int HEAD = 1;

  private final EndpointStore store;

  public EmptyEndpoints(EndpointStore store) {
    this.store = store;
    link(HEAD, HEAD);
  }

  /** An endpoint is new, and to have connections soon: it is in no ring but its own. */
  public void prepare(int endpoint) {
    link(endpoint, endpoint);
  }

  public void add(int endpoint) {
    link(EndpointRecord.previous(store.records(), HEAD), endpoint);
    link(endpoint, HEAD);
  }

  public void remove(int endpoint) {
    MemorySegment records = store.records();
    link(EndpointRecord.previous(records, endpoint), EndpointRecord.next(records, endpoint));
  }

  /** The one that is empty for longest, or NONE. */
  public int first() {
    int first = EndpointRecord.next(store.records(), HEAD);
    return first == HEAD ? EndpointStore.NONE : first;
  }

  private void link(int endpoint, int next) {
    EndpointRecord.next(store.records(), endpoint, next);
    EndpointRecord.previous(store.records(), next, endpoint);
  }
}
