package io.conntrack.aggregator.endpoint;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.KeyedHash;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.TcpCounts;
import io.conntrack.aggregator.state.TimeCounts;
import io.conntrack.aggregator.state.TrafficCounts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Keeps endpoints as records off the heap. They are found by their exact key, and their room is
 * used again.
 *
 * <pre>
 *   records   [0] [1] [2] [3] [free] ... [end - 1] | never used ...          64 bytes each
 *   outcomes  [0] [1] [2] [3] [free] ... [end - 1] | never used ...          80 bytes each
 *   services  [0] [1] [2] [3] [free] ... [end - 1] | never used ...          24 bytes each, or none
 *   tcpCounts [0] [1] [2] [3] [free] ... [end - 1] | never used ...          36 bytes each, or none
 *   traffic   [0] [1] [2] [3] [free] ... [end - 1] | never used ...          32 bytes each, or none
 *   times     [0] [1] [2] [3] [free] ... [end - 1] | never used ...       1,376 bytes each, or none
 *   places    [ ] [3] [ ] [ ] [2] [ ] ...                                    4 bytes each
 * </pre>
 *
 * <p>The places are a hash table with linear probing; each holds the number of a record, or 0.
 * There are two or more of them for each record, and deletion moves later ones back, so probes stay
 * short. Records 0 to 2 are no endpoints but the table's to use: they are in no place, and never
 * created or released.
 *
 * <p>The outcomes are a record's counts, 8 bytes for each {@link Outcome}. They lie apart from it,
 * since most messages change none.
 *
 * <p>Belongs to the reader. All lie in one arena, confined to the thread that made the store, and
 * are copied into one of twice the size when they are full.
 */
public final class EndpointStore implements AutoCloseable {
  public static final int NONE = 0;

  /** Stands for a place that nobody looked for. */
  public static final long NO_PLACE = -1;

  /** The number of the first endpoint there is. */
  public static final int FIRST = 3;

  private static final int MIN_RECORDS = 64;
  private static final int PLACES_PER_RECORD = 2;
  private static final long OUTCOMES_BYTES = (long) Outcome.COUNT * Long.BYTES;

  private final KeyedHash keyedHash = KeyedHash.random();
  private final boolean withServices;
  private final boolean withTcpCounts;
  private final boolean withTraffic;
  private final boolean withTimes;

  private Arena arena;
  private MemorySegment records;
  private MemorySegment outcomes;
  private MemorySegment places;

  /** Empty without services. */
  private MemorySegment services;

  /** Empty where TCP's states are not counted. */
  private MemorySegment tcpCounts;

  /** Empty where what flows carry is not counted. */
  private MemorySegment traffic;

  /** Empty where connections are not timed. */
  private MemorySegment times;

  private int capacityRecords;
  private long capacityPlaces;

  private int size;
  private int end = FIRST;
  private int firstFree = NONE;

  /** The options say whether the key contains services, and what is counted. */
  public EndpointStore(EndpointOptions options) {
    this.withServices = options.nat() == NatView.BOTH;
    this.withTcpCounts = options.tcpStates();
    this.withTraffic = options.traffic();
    this.withTimes = options.times();
    allocate(MIN_RECORDS);
  }

  private void allocate(int capacity) {
    Arena next = Arena.ofConfined();
    records = next.allocate(capacity * EndpointRecord.BYTES, EndpointRecord.BYTES);
    outcomes = next.allocate(capacity * OUTCOMES_BYTES, Long.BYTES);
    services = next.allocate(withServices ? capacity * ServiceRecord.BYTES : 0, Long.BYTES);
    tcpCounts = next.allocate(withTcpCounts ? capacity * TcpCounts.BYTES : 0, Long.BYTES);
    traffic = next.allocate(withTraffic ? capacity * TrafficCounts.BYTES : 0, Long.BYTES);
    times = next.allocate(withTimes ? capacity * TimeCounts.BYTES : 0, Long.BYTES);
    places = next.allocate(JAVA_INT, (long) capacity * PLACES_PER_RECORD);
    arena = next;
    capacityRecords = capacity;
    capacityPlaces = (long) capacity * PLACES_PER_RECORD;
  }

  public long memoryBytes() {
    return records.byteSize()
        + outcomes.byteSize()
        + services.byteSize()
        + tcpCounts.byteSize()
        + traffic.byteSize()
        + times.byteSize()
        + places.byteSize();
  }

  /** How many endpoints there are. */
  public int size() {
    return size;
  }

  /** Records are numbered from 0 to this; free ones are among them. */
  public int end() {
    return end;
  }

  /** For {@link EndpointRecord}'s accessors. Another segment after each {@link #create}. */
  public MemorySegment records() {
    return records;
  }

  /** For {@link ServiceRecord}'s accessors, if there are services. */
  public MemorySegment services() {
    return services;
  }

  /** For {@link TcpCounts}' accessors, if there are any. */
  public MemorySegment tcpCounts() {
    return tcpCounts;
  }

  /** For {@link TrafficCounts}' accessors, if there are any. */
  public MemorySegment traffic() {
    return traffic;
  }

  /** For {@link TimeCounts}' accessors, if there are any. */
  public MemorySegment times() {
    return times;
  }

  /** The number of an endpoint's record, or NONE. */
  public int find(EndpointKey key) {
    for (long place = home(hash(key)); ; place = next(place)) {
      int index = at(place);
      if (index == NONE || hasKey(index, key)) {
        return index;
      }
    }
  }

  private int hash(EndpointKey key) {
    return (int) keyedHash.ofEndpoint(key);
  }

  /** The place that {@link #find} looks at first. Valid until a record is created. */
  public long likelyPlace(EndpointKey key) {
    return home(hash(key));
  }

  /** Whether the record has this key. */
  public boolean hasKey(int index, EndpointKey key) {
    return EndpointRecord.hasKey(records, index, key)
        && (!withServices || ServiceRecord.hasKey(services, index, key));
  }

  /** Makes a record, of a key that has none, with all counts at zero. */
  public int create(EndpointKey key) {
    int index = takeRecord();
    int hash = hash(key);
    EndpointRecord.key(records, index, key);
    if (withServices) {
      ServiceRecord.key(services, index, key);
    }
    EndpointRecord.hash(records, index, hash);
    outcomes.asSlice(index * OUTCOMES_BYTES, OUTCOMES_BYTES).fill((byte) 0);
    if (withTraffic) {
      TrafficCounts.clear(traffic, index);
    }
    if (withTimes) {
      TimeCounts.clear(times, index);
    }
    place(index, hash);
    size++;
    return index;
  }

  private int takeRecord() {
    if (firstFree != NONE) {
      int index = firstFree;
      firstFree = EndpointRecord.next(records, index);
      return index;
    }
    if (end == capacityRecords) {
      grow();
    }
    return end++;
  }

  private void place(int index, int hash) {
    long place = home(hash);
    while (at(place) != NONE) {
      place = next(place);
    }
    set(place, index);
  }

  /** Frees a record whose counts are at zero. Another endpoint may get its number. */
  public void release(int index) {
    assert EndpointRecord.total(records, index) == 0;
    long gap = home(EndpointRecord.hash(records, index));
    while (at(gap) != index) {
      gap = next(gap);
    }
    closeGap(gap);
    EndpointRecord.status(records, index, EndpointRecord.FREE);
    EndpointRecord.next(records, index, firstFree);
    firstFree = index;
    size--;
  }

  private void closeGap(long gap) {
    for (long place = next(gap); at(place) != NONE; place = next(place)) {
      long home = home(EndpointRecord.hash(records, at(place)));
      if (distance(home, place) >= distance(gap, place)) {
        set(gap, at(place));
        gap = place;
      }
    }
    set(gap, NONE);
  }

  /** Called only when no record is free, so every endpoint has a place. */
  private void grow() {
    Arena oldArena = arena;
    MemorySegment oldRecords = records;
    MemorySegment oldOutcomes = outcomes;
    MemorySegment oldServices = services;
    MemorySegment oldTcpCounts = tcpCounts;
    MemorySegment oldTraffic = traffic;
    MemorySegment oldTimes = times;
    allocate(Math.multiplyExact(capacityRecords, 2));
    records.copyFrom(oldRecords);
    outcomes.copyFrom(oldOutcomes);
    services.copyFrom(oldServices);
    tcpCounts.copyFrom(oldTcpCounts);
    traffic.copyFrom(oldTraffic);
    times.copyFrom(oldTimes);
    oldArena.close();
    for (int index = FIRST; index < end; index++) {
      place(index, EndpointRecord.hash(records, index));
    }
  }

  /** Counts one more; also for the records that are no endpoints. */
  public void count(int index, Outcome outcome) {
    long at = index * OUTCOMES_BYTES + (long) outcome.column * Long.BYTES;
    outcomes.set(JAVA_LONG, at, outcomes.get(JAVA_LONG, at) + 1);
  }

  /** How many were counted of the {@link Outcome} with this column. */
  public long count(int index, int column) {
    return outcomes.get(JAVA_LONG, index * OUTCOMES_BYTES + (long) column * Long.BYTES);
  }

  private long home(int hash) {
    return (Integer.toUnsignedLong(hash) * capacityPlaces) >>> Integer.SIZE;
  }

  private long next(long place) {
    return place + 1 == capacityPlaces ? 0 : place + 1;
  }

  private long distance(long from, long to) {
    return to >= from ? to - from : to - from + capacityPlaces;
  }

  /** The number of the record in a place, or NONE. */
  public int at(long place) {
    return places.getAtIndex(JAVA_INT, place);
  }

  private void set(long place, int index) {
    places.setAtIndex(JAVA_INT, place, index);
  }

  @Override
  public void close() {
    arena.close();
  }
}
