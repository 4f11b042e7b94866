package io.conntrack.aggregator.budget;

import io.conntrack.aggregator.endpoint.EndpointRecord;
import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Says who comes in and who leaves. It is found once, at the beginning of an epoch.
 *
 * <p>Candidates come in as long as there is room, the heaviest first. If there is none, the
 * lightest endpoint leaves for a candidate that is far heavier, unless room is to come: an endpoint
 * that left or is empty frees its room when its retention has ended. If clients have all the room
 * that they may have, only clients make room for clients. Groups never leave, because the operator
 * named them.
 */
public final class BudgetRound {
  /** A candidate has to have more than so many times the connections, and one more. */
  private static final float FAR_HEAVIER = 2;

  private final EndpointStore store;
  private final Candidates candidates;
  private final float[] weights;
  private final int moves;
  private int room;
  private int roomOfClients;

  /** By kind: room to come, and the endpoints that may leave, of which the first so many do. */
  private final int[] coming = new int[EndpointRecord.KINDS];

  private final int[][] lightest = new int[EndpointRecord.KINDS][];
  private final int[] leaving = new int[EndpointRecord.KINDS];

  private final int[] in;
  private int inCount;
  private final int[] out;
  private int outCount;

  /**
   * Nothing changes by it, but a round takes long enough to be made once a minute only.
   *
   * @param weights of the endpoints, by their numbers
   * @param moves how many come in at most, and how many leave
   * @param room how many endpoints there is room for
   * @param roomOfClients how many more clients there may be, if there is room
   */
  BudgetRound(
      EndpointStore store,
      Candidates candidates,
      float[] weights,
      int moves,
      int room,
      int roomOfClients) {
    this.store = store;
    this.candidates = candidates;
    this.weights = weights;
    this.moves = moves;
    this.room = room;
    this.roomOfClients = roomOfClients;
    this.in = new int[moves];
    this.out = new int[moves];
    for (int kind = 0; kind < EndpointRecord.KINDS; kind++) {
      lightest[kind] = lightest(kind);
    }
    place();
  }

  private int[] lightest(int kind) {
    WeightOrder order = new WeightOrder();
    MemorySegment records = store.records();
    for (int endpoint = EndpointStore.FIRST; endpoint < store.end(); endpoint++) {
      int status = EndpointRecord.status(records, endpoint);
      if (EndpointRecord.kind(records, endpoint) != kind || status == EndpointRecord.FREE) {
        continue;
      }
      boolean shown = status == EndpointRecord.SHOWN;
      if (status == EndpointRecord.LEFT
          || (shown && EndpointRecord.total(records, endpoint) == 0)) {
        coming[kind] += isGroup(records, endpoint) ? 0 : 1;
      } else if (shown && !isGroup(records, endpoint)) {
        order.add(weights[endpoint], endpoint);
      }
    }
    return order.lightestFirst();
  }

  private static boolean isGroup(MemorySegment records, int endpoint) {
    return EndpointKey.port(EndpointRecord.details(records, endpoint)) == EndpointLabel.GROUP;
  }

  private void place() {
    EndpointKey key = new EndpointKey();
    for (int candidate : candidates.heaviestFirst()) {
      candidates.key(candidate, key);
      // One that is there has left, or came in without a round since it was refused.
      if (store.find(key) == EndpointStore.NONE) {
        place(candidate, candidates.kind(candidate) == EndpointRecord.CLIENTS);
      }
    }
  }

  private void place(int candidate, boolean client) {
    boolean clientsFull = client && roomOfClients <= 0;
    if (room > 0 && !clientsFull) {
      takeIn(candidate, client);
    } else if (!takeComing(clientsFull) && outCount < moves) {
      makeLeave(candidates.score(candidate), clientsFull);
    }
  }

  private void takeIn(int candidate, boolean client) {
    if (inCount < moves) {
      in[inCount++] = candidate;
      room--;
      roomOfClients -= client ? 1 : 0;
    }
  }

  private boolean takeComing(boolean ofClients) {
    boolean ofServers = !ofClients && coming[EndpointRecord.SERVERS] > 0;
    int kind = ofServers ? EndpointRecord.SERVERS : EndpointRecord.CLIENTS;
    coming[kind]--;
    return coming[kind] >= 0;
  }

  private void makeLeave(float score, boolean client) {
    boolean server =
        !client && lightestWeight(EndpointRecord.SERVERS) < lightestWeight(EndpointRecord.CLIENTS);
    int kind = server ? EndpointRecord.SERVERS : EndpointRecord.CLIENTS;
    if (score > FAR_HEAVIER * lightestWeight(kind) + 1) {
      out[outCount++] = lightest[kind][leaving[kind]++];
    }
  }

  private float lightestWeight(int kind) {
    return leaving[kind] < lightest[kind].length
        ? weights[lightest[kind][leaving[kind]]]
        : Float.POSITIVE_INFINITY;
  }

  /** Whether nobody moves. */
  boolean isEmpty() {
    return inCount + outCount == 0;
  }

  /** The candidates that come in. */
  public int[] in() {
    return Arrays.copyOf(in, inCount);
  }

  /** The endpoints that leave. */
  public int[] out() {
    return Arrays.copyOf(out, outCount);
  }
}
