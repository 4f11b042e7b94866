package io.conntrack.aggregator;

import io.conntrack.aggregator.budget.BudgetRound;
import io.conntrack.aggregator.budget.Candidates;
import io.conntrack.aggregator.budget.EndpointBudget;
import io.conntrack.aggregator.endpoint.EmptyEndpoints;
import io.conntrack.aggregator.endpoint.EndpointRecord;
import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.endpoint.ShownEndpoints;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.Collection;

/**
 * How many connections each remote endpoint, or each source, has in which states. One reader.
 *
 * <p><b>Room.</b> {@link EndpointBudget} says who has room. The flows of others are counted at the
 * overflow endpoint, {@code other}.
 *
 * <p><b>Complete or absent.</b> An endpoint must not show some of its flows while others of its
 * flows are in {@code other}. {@code other} does not know whose flows it holds. So:
 *
 * <ol>
 *   <li>An endpoint that is admitted while {@code other} holds flows is hidden. Its connections are
 *       shown in {@code other}.
 *   <li>If any flow was refused since an epoch was opened, the endpoint waits. It is hidden when
 *       the next epoch opens.
 *   <li>Every message makes its flow look for its endpoint again. Flows that an epoch does not see
 *       are swept. So at a clean end each flow in {@code other} was refused in this epoch. By 2 an
 *       endpoint with a refused flow is not hidden but waits. So no hidden endpoint has flows in
 *       {@code other}, and all hidden endpoints are revealed.
 *   <li>A round takes place when an epoch opens. An endpoint that comes in by it is hidden, and
 *       none of its flows is refused in the epoch.
 *   <li>If an endpoint leaves by a round, {@code other} shows all its connections at once. All its
 *       flows are refused, so by the clean end they have moved there. Its counters stay as they
 *       are, and its gauges are at zero. It is not admitted again before its retention has ended.
 * </ol>
 *
 * <p><b>Unproven clients.</b> Anyone can send a SYN with any source. So a client of this host gets
 * an endpoint with the first connection that it opens, if its protocol has states. Until then its
 * flows are counted at {@link #UNPROVEN}. They take no room and refuse none, so the budget and the
 * rules above do not know of them. What was counted there stays in {@code other}. Each flow of the
 * client moves with its next message, or in the next epoch. So a shown endpoint may lack
 * connections that are opening, and no others, for a moment. The heaviest unproven clients come in
 * when an epoch opens, as endpoints of a round do. The same holds for all sources: a tenth of their
 * room is for unproven ones as long as nobody is refused. Their kind is CLIENTS until then.
 *
 * <p><b>Retention.</b> Without connections it stays at zero for the retention, or while it is
 * named.
 */
final class EndpointTable implements AutoCloseable {
  /** The overflow endpoint's record. */
  static final int OVERFLOW = 0;

  /** The record of all unproven clients. Its counts are shown in {@code other}. */
  static final int UNPROVEN = 2;

  private final long retentionMs;
  private final EndpointStore store;
  private final EmptyEndpoints empty;
  private final EndpointBudget budget;
  private final NamedGroups named;

  private final boolean sources;
  private final ShownEndpoints shown;
  private final EndpointCounts counts;

  private boolean refusedSinceOpen;

  /** Since an epoch was opened, a client has proved that it exists, and others have not. */
  private boolean provedSinceOpen;

  /** Endpoints whose connections are shown there: hidden, waiting, or leaving. */
  private int shownInOther;

  private long movedIn;
  private long movedOut;
  private long nowMs;

  /** {@code sources}: the endpoints are sources. Else clients have at most half of the room. */
  EndpointTable(int maxEndpoints, long retentionMs, EndpointOptions options, boolean sources) {
    int maxClients = sources ? maxEndpoints / 10 : maxEndpoints - maxEndpoints / 2;
    this.sources = sources;
    this.retentionMs = retentionMs;
    this.store = new EndpointStore(options);
    this.empty = new EmptyEndpoints(store);
    this.budget = new EndpointBudget(store, maxEndpoints, maxClients, retentionMs);
    this.named = new NamedGroups(store, empty, maxEndpoints / 2);
    this.counts = new EndpointCounts(store, options.tcpStates());
    this.shown = new ShownEndpoints(store, options, sources);
    status(UNPROVEN, EndpointRecord.HIDDEN);
  }

  /** The time, by which endpoints become empty from now on. */
  void clock(long nowMs) {
    this.nowMs = nowMs;
    counts.clock(nowMs);
  }

  /** The label {@code host} of the series that show what is counted at an endpoint. */
  String host(int endpoint) {
    return shown.host(counts.seriesOf(endpoint));
  }

  /** What is counted beside connections. */
  EndpointCounts counts() {
    return counts;
  }

  /** Room taken, by hidden endpoints and those at zero too, but not by the overflow endpoint. */
  int inUse() {
    return store.size();
  }

  /** Whether there are flows whose endpoint had no room. */
  boolean isOverflowing() {
    return total(OVERFLOW) > 0;
  }

  /** Whether another epoch may find flows their endpoint that this one has not. */
  boolean isUnsettled() {
    return provedSinceOpen && total(UNPROVEN) > 0;
  }

  /** Whether this is the endpoint's number, and it takes flows. */
  boolean has(int endpoint, EndpointKey key) {
    return endpoint >= EndpointStore.FIRST
        && store.hasKey(endpoint, key)
        && status(endpoint) > EndpointRecord.LEFT;
  }

  /** Bits that tell an endpoint from a later one with the same number. No meaning if below 0. */
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

  /** Reads a word of the endpoint's record, to bring it into the processor's caches. */
  int touch(int endpoint) {
    return endpoint >= EndpointStore.FIRST ? total(endpoint) : 0;
  }

  /** The endpoint's number, or OVERFLOW; to be followed by {@link #add}. */
  int admit(EndpointKey key, boolean client) {
    int known = store.find(key);
    if (known != EndpointStore.NONE && status(known) != EndpointRecord.LEFT) {
      prove(known);
      return known;
    }
    int kind = client ? EndpointRecord.CLIENTS : EndpointRecord.SERVERS;
    return known == EndpointStore.NONE && budget.admits(kind)
        ? create(key, kind)
        : refuse(key, kind, known);
  }

  /** The same for a client that has opened no connection yet. UNPROVEN if it has no endpoint. */
  int admitUnproven(EndpointKey key) {
    int known = store.find(key);
    if (known != EndpointStore.NONE && status(known) != EndpointRecord.LEFT) {
      return known;
    }
    if (known == EndpointStore.NONE && sources && budget.admitsAll()) {
      return create(key, EndpointRecord.CLIENTS);
    }
    if (known == EndpointStore.NONE) {
      budget.unproven(key);
    }
    return UNPROVEN;
  }

  /** If this is a source, it has opened a connection. */
  void prove(int endpoint) {
    if (sources) {
      budget.prove(endpoint);
    }
  }

  /** The same of a group, whose name is its host. */
  int admit(EndpointKey key, String name) {
    int endpoint = admit(key, false);
    shown.name(endpoint, name);
    return endpoint;
  }

  /**
   * From now on these groups stay without connections, as far as half of the room goes. Those
   * before are gone if they have none. Returns how many have no endpoint now, until an epoch finds
   * room.
   */
  int keepGroups(Collection<NamedGroups.Group> groups) {
    named.replace(groups).stream().filter(endpoint -> total(endpoint) == 0).forEach(this::release);
    named.admit(this::create);
    return groups.size() - named.count();
  }

  private int create(NamedGroups.Group group) {
    if (!budget.hasRoom()) {
      return EndpointStore.NONE;
    }
    int endpoint = create(group.key(), EndpointRecord.SERVERS);
    shown.name(endpoint, group.name());
    return endpoint;
  }

  private int create(EndpointKey key, int kind) {
    int endpoint = create(key, kind, 0);
    provedSinceOpen |= (sources || kind == EndpointRecord.CLIENTS) && total(UNPROVEN) > 0;
    if (total(OVERFLOW) == 0) {
      status(endpoint, EndpointRecord.SHOWN);
    } else {
      showInOther(endpoint, refusedSinceOpen ? EndpointRecord.WAITING : EndpointRecord.HIDDEN);
    }
    return endpoint;
  }

  private int create(EndpointKey key, int kind, float weight) {
    int endpoint = store.create(key);
    EndpointRecord.kind(store.records(), endpoint, kind);
    empty.prepare(endpoint);
    shown.begins(endpoint);
    budget.cameIn(endpoint, kind, weight);
    return endpoint;
  }

  private int refuse(EndpointKey key, int kind, int known) {
    refusedSinceOpen = true;
    if (known == EndpointStore.NONE) {
      budget.refused(key, kind, nowMs);
    }
    return OVERFLOW;
  }

  void add(int endpoint, ConnectionState state) {
    if (endpoint == OVERFLOW) {
      status(OVERFLOW, EndpointRecord.SHOWN);
    } else if (endpoint != UNPROVEN && total(endpoint) == 0) {
      empty.remove(endpoint);
    }
    EndpointRecord.addConnections(store.records(), endpoint, state.column, 1);
  }

  void remove(int endpoint, ConnectionState state) {
    EndpointRecord.addConnections(store.records(), endpoint, state.column, -1);
    if (total(endpoint) == 0) {
      becameEmpty(endpoint);
    }
  }

  /** A connection that stays at its endpoint is in another state. */
  void change(int endpoint, ConnectionState from, ConnectionState to) {
    EndpointRecord.moveConnection(store.records(), endpoint, from.column, to.column);
  }

  /** From now on every flow looks for its endpoint anew. */
  void openEpoch() {
    refusedSinceOpen = false;
    provedSinceOpen = false;
    if (named.isIncomplete()) {
      named.admit(this::create);
    }
    for (int endpoint = EndpointStore.FIRST; endpoint < hiddenEnd(); endpoint++) {
      if (status(endpoint) == EndpointRecord.WAITING) {
        status(endpoint, EndpointRecord.HIDDEN);
      }
    }
    BudgetRound round = budget.round(nowMs);
    if (round != null) {
      carryOut(round);
    }
    int kind = sources ? EndpointRecord.SERVERS : EndpointRecord.CLIENTS;
    for (int heavy : budget.heavyUnproven(total(UNPROVEN))) {
      if (budget.hasRoom(kind)) {
        takeIn(budget.unproven(), heavy, kind);
      }
    }
    budget.openEpoch(total(UNPROVEN), nowMs);
  }

  private void carryOut(BudgetRound round) {
    for (int candidate : round.in()) {
      takeIn(budget.candidates(), candidate, budget.candidates().kind(candidate));
      budget.candidates().remove(candidate);
    }
    for (int endpoint : round.out()) {
      showInOther(endpoint, EndpointRecord.LEFT);
      movedOut++;
    }
  }

  private void takeIn(Candidates candidates, int candidate, int kind) {
    EndpointKey key = new EndpointKey();
    candidates.key(candidate, key);
    if (store.find(key) == EndpointStore.NONE) {
      int endpoint = create(key, kind, candidates.score(candidate));
      showInOther(endpoint, EndpointRecord.HIDDEN);
    }
  }

  private void showInOther(int endpoint, int status) {
    status(endpoint, status);
    status(OVERFLOW, EndpointRecord.SHOWN);
    shownInOther++;
  }

  /** An epoch ends, clean or not. */
  void endEpoch() {
    expire();
    budget.endEpoch();
  }

  /** An epoch ended clean. Every flow has looked for its endpoint since the epoch opened. */
  void revealHidden() {
    for (int endpoint = EndpointStore.FIRST; endpoint < hiddenEnd(); endpoint++) {
      if (status(endpoint) == EndpointRecord.HIDDEN) {
        reveal(endpoint);
      }
      assert status(endpoint) != EndpointRecord.LEFT || total(endpoint) == 0 : "flows did not move";
    }
    budget.settled(nowMs);
  }

  /** An endpoint that came and went while it was hidden has nothing to show. */
  private void reveal(int endpoint) {
    if (total(endpoint) == 0 && !named.has(endpoint)) {
      release(endpoint);
    } else {
      status(endpoint, EndpointRecord.SHOWN);
      leftOther();
      movedIn++;
    }
  }

  /** How many endpoints moved from {@code other} to series of their own since the last call. */
  long takeMovedIn() {
    long moved = movedIn;
    movedIn = 0;
    return moved;
  }

  /** How many endpoints lost theirs to {@code other}; asked once. */
  long takeMovedOut() {
    long moved = movedOut;
    movedOut = 0;
    return moved;
  }

  /** Where walks over hidden endpoints may end: at once, usually. */
  private int hiddenEnd() {
    return shownInOther == 0 ? 0 : store.end();
  }

  private void leftOther() {
    shownInOther--;
    EndpointRecord.emptySinceMs(store.records(), OVERFLOW, nowMs);
  }

  /** Lets go of what has been empty for the retention. */
  void expire() {
    int endpoint = empty.first();
    while (endpoint != EndpointStore.NONE && isExpired(endpoint)) {
      release(endpoint);
      endpoint = empty.first();
    }
    if (total(OVERFLOW) == 0 && shownInOther == 0 && isExpired(OVERFLOW)) {
      status(OVERFLOW, EndpointRecord.FREE);
    }
  }

  private boolean isExpired(int endpoint) {
    return nowMs - EndpointRecord.emptySinceMs(store.records(), endpoint) >= retentionMs;
  }

  private void release(int endpoint) {
    if (status(endpoint) >= EndpointRecord.HIDDEN) {
      leftOther();
    }
    budget.isGone(EndpointRecord.kind(store.records(), endpoint));
    empty.remove(endpoint);
    shown.forget(endpoint);
    store.release(endpoint);
  }

  private void becameEmpty(int endpoint) {
    EndpointRecord.emptySinceMs(store.records(), endpoint, nowMs);
    if (endpoint >= EndpointStore.FIRST) {
      if (named.has(endpoint)) {
        empty.prepare(endpoint);
      } else {
        empty.add(endpoint);
      }
      if (status(endpoint) == EndpointRecord.LEFT) {
        leftOther();
      }
    }
  }

  /**
   * What is shown now; the totals are checked against it. For unproven clients {@code other} is
   * there only while they have connections, or until the retention if something else was counted:
   * most have a moment later proved that they are there.
   */
  Snapshot snapshot(Snapshot.Totals totals) {
    int before = status(OVERFLOW);
    status(OVERFLOW, total(UNPROVEN) > 0 ? EndpointRecord.SHOWN : before);
    Snapshot snapshot = shown.snapshot(totals, counts.trafficTold());
    status(OVERFLOW, before);
    return snapshot;
  }

  long memoryBytes() {
    return store.memoryBytes();
  }

  ShownEndpoints shown() {
    return shown;
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
