package io.conntrack.aggregator.budget;

import io.conntrack.aggregator.endpoint.EndpointRecord;
import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.KeyedHash;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Says who has room of its own among {@code maxEndpoints}. Clients of this host have at most {@code
 * maxClients} of it, because anyone can send any number of them. Belongs to the reader.
 *
 * <p>As long as there is room for all, endpoints come in at once. The first refusal begins a {@link
 * Contention} for room of that kind. From then on endpoints come in only by a {@link BudgetRound}.
 * There is at most one round a minute, and one endpoint in a hundred may come in by it. So in any
 * minute fewer than 1 % of the series are new, or one is. Rounds compare means over minutes: of the
 * endpoints that are in ({@code weights}), and of the others ({@link Candidates}). The means are
 * kept only during a contention.
 */
public final class EndpointBudget {
  /** What was this long ago counts 1/e of what is. */
  private static final double MEMORY_MS = 300_000;

  private static final long ROUND_PAUSE_MS = 60_000;
  private static final int ENDPOINTS_PER_MOVE = 100;

  /**
   * An unproven client comes in if it has this many connections, and this part of all unproven
   * ones.
   */
  private static final int HEAVY_CONNECTIONS = 100;

  private static final int HEAVY_PART = 20;

  private final EndpointStore store;
  private final int maxEndpoints;
  private final int maxClients;

  /** How long an endpoint that nobody needs any more takes room, about. */
  private final long stayMs;

  private final KeyedHash keyedHash = KeyedHash.random();
  private final Contention[] contentions = new Contention[EndpointRecord.KINDS];

  private int clients;

  /** Null without a contention. */
  private Candidates candidates;

  /** Clients that have opened no connection yet; null while there are few connections of them. */
  private Candidates unproven;

  /** By the endpoint's number; null before the first clean end of an epoch in a contention. */
  private float[] weights;

  private boolean epochOpen;

  // When these were last; of no meaning before the first time.
  private boolean opened;
  private long openedMs;
  private long weighedMs;
  private boolean hadRound;
  private long roundMs;

  /** The endpoints that the last round took in are not shown yet. */
  private boolean roundOpen;

  public EndpointBudget(EndpointStore store, int maxEndpoints, int maxClients, long retentionMs) {
    this.store = store;
    this.maxEndpoints = maxEndpoints;
    this.maxClients = maxClients;
    this.stayMs = Math.max(retentionMs, ROUND_PAUSE_MS);
    Arrays.setAll(contentions, kind -> new Contention(maxEndpoints));
  }

  /** Whether an endpoint that is new may come in now, without a round. */
  public boolean admits(int kind) {
    return room(kind) > 0 && !contentions[kind].isPresent();
  }

  /** Whether one of any kind may. */
  public boolean admitsAll() {
    return admits(EndpointRecord.SERVERS) && admits(EndpointRecord.CLIENTS);
  }

  /** Whether there is room for an endpoint that has no need to wait for a round. */
  public boolean hasRoom() {
    return store.size() < maxEndpoints;
  }

  /** Whether one may come in though there is a contention. */
  public boolean hasRoom(int kind) {
    return room(kind) > 0;
  }

  private int room(int kind) {
    int room = maxEndpoints - store.size();
    return kind == EndpointRecord.CLIENTS ? Math.min(room, maxClients - clients) : room;
  }

  public void cameIn(int endpoint, int kind, float weight) {
    clients += kind == EndpointRecord.CLIENTS ? 1 : 0;
    if (weights != null) {
      if (endpoint >= weights.length) {
        weights = Arrays.copyOf(weights, 2 * endpoint);
      }
      weights[endpoint] = weight;
    }
  }

  /** An endpoint that is in is of the kind SERVERS from now on. */
  public void prove(int endpoint) {
    if (EndpointRecord.kind(store.records(), endpoint) == EndpointRecord.CLIENTS) {
      EndpointRecord.kind(store.records(), endpoint, EndpointRecord.SERVERS);
      clients--;
    }
  }

  public void isGone(int kind) {
    clients -= kind == EndpointRecord.CLIENTS ? 1 : 0;
  }

  /** A flow found that its endpoint is not in. */
  public void refused(EndpointKey key, int kind, long nowMs) {
    long hash = keyedHash.ofEndpoint(key);
    contentions[kind].refused(hash, nowMs);
    if (candidates == null) {
      candidates = new Candidates(maxEndpoints);
    }
    if (epochOpen) {
      candidates.refused(key, hash, kind);
    }
  }

  /** A flow found that its client is not in, and has opened no connection yet. */
  public void unproven(EndpointKey key) {
    if (unproven != null && epochOpen) {
      unproven.refused(key, keyedHash.ofEndpoint(key), EndpointRecord.CLIENTS);
    }
  }

  /** For the heaviest to be taken in. */
  public Candidates unproven() {
    return unproven;
  }

  /**
   * The unproven clients, the heaviest first, that have so many of all {@code connections} that
   * they come in without one that opened: so few at a time.
   */
  public int[] heavyUnproven(int connections) {
    if (unproven == null) {
      return new int[0];
    }
    int enough = Math.max(HEAVY_CONNECTIONS, connections / HEAVY_PART);
    return IntStream.of(unproven.heaviestFirst())
        .takeWhile(candidate -> unproven.score(candidate) >= enough)
        .limit(HEAVY_PART)
        .toArray();
  }

  /** The round that is to be in the epoch that opens now, or null. */
  public BudgetRound round(long nowMs) {
    boolean rested = !hadRound || nowMs - roundMs >= ROUND_PAUSE_MS;
    if (weights == null || roundOpen || !rested) {
      return null;
    }
    int moves = Math.max(1, (maxEndpoints - 1) / ENDPOINTS_PER_MOVE);
    int room = maxEndpoints - store.size();
    BudgetRound round =
        new BudgetRound(store, candidates, weights, moves, room, maxClients - clients);
    roundOpen = !round.isEmpty();
    return roundOpen ? round : null;
  }

  /**
   * To be called after a round is carried out.
   *
   * @param unprovenConnections how many connections unproven clients have
   */
  public void openEpoch(int unprovenConnections, long nowMs) {
    if (unprovenConnections < HEAVY_CONNECTIONS) {
      unproven = null;
    } else {
      unproven = unproven == null ? new Candidates(maxEndpoints) : unproven;
      unproven.openEpoch(1);
    }
    if (candidates != null) {
      candidates.openEpoch(opened ? share(nowMs - openedMs) : 0);
    }
    opened = true;
    openedMs = nowMs;
    epochOpen = true;
  }

  /** Which part of a mean over minutes comes from the last {@code ms}. */
  private static float share(long ms) {
    return (float) -Math.expm1(-ms / MEMORY_MS);
  }

  /** For a round to be carried out. */
  public Candidates candidates() {
    return candidates;
  }

  public void endEpoch() {
    epochOpen = false;
  }

  /** A clean end of an epoch: all flows are where they belong. To be called after endEpoch. */
  public void settled(long nowMs) {
    if (roundOpen) {
      roundOpen = false;
      hadRound = true;
      roundMs = nowMs;
    }
    boolean contended = false;
    for (int kind = 0; kind < EndpointRecord.KINDS; kind++) {
      contentions[kind].endEpoch(room(kind), stayMs, nowMs);
      contended |= contentions[kind].isPresent();
    }
    if (contended) {
      weigh(nowMs);
    } else {
      candidates = null;
      weights = null;
    }
  }

  private void weigh(long nowMs) {
    boolean first = weights == null;
    if (first || weights.length < store.end()) {
      weights = first ? new float[store.end()] : Arrays.copyOf(weights, store.end());
    }
    float share = first ? 1 : share(nowMs - weighedMs);
    for (int endpoint = EndpointStore.FIRST; endpoint < store.end(); endpoint++) {
      int connections = EndpointRecord.total(store.records(), endpoint);
      weights[endpoint] += (connections - weights[endpoint]) * share;
    }
    weighedMs = nowMs;
  }
}
