package io.conntrack.exporter.kernel;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.ffm.socket.AddressSocket;
import io.conntrack.ffm.system.ConntrackException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tinylog.Logger;

/**
 * Tells a tracker which addresses are local. Both belong to the reading thread.
 *
 * <p>Reading takes a millisecond as a rule. It takes a quarter of a second on a router with
 * 1,000,000 routes, or with 100,000 local ones. So reading is spread out: it takes a tenth of the
 * time at most, however often the routes change.
 */
public final class AddressReader {
  private static final int PAUSES_PER_READ = 10;
  private static final int WORDS_PER_NETWORK = 3;
  private static final int MOST_LOGGED = 100;

  private final AddressSocket addresses;
  private final FlowTracker tracker;
  private LocalAddresses last = LocalAddresses.of();

  /** Something came or went since the last read. */
  private boolean changed;

  private long nextMs;

  /** Tells those of now. */
  public AddressReader(AddressSocket addresses, FlowTracker tracker) throws ConntrackException {
    this.addresses = addresses;
    this.tracker = tracker;
    read();
  }

  /**
   * To be called often, and when {@link #waitMs} is over. Returns whether the addresses have
   * changed.
   *
   * @param word whether there may be word of a change
   */
  public boolean haveChanged(boolean word) throws ConntrackException {
    if (word) {
      changed |= addresses.takeChanged();
    }
    if (!changed || MonotonicClock.nowMs() < nextMs) {
      return false;
    }
    changed = false;
    return read();
  }

  /** How long to wait before a known change is read. Empty if none is known. */
  public int waitMs() {
    return changed
        ? Math.clamp(nextMs - MonotonicClock.nowMs(), 0, Integer.MAX_VALUE)
        : Integer.MAX_VALUE;
  }

  private boolean read() throws ConntrackException {
    long begunMs = MonotonicClock.nowMs();
    long[] networks = addresses.read();
    LocalAddresses now = LocalAddresses.ofNetworks(networks);
    long endMs = MonotonicClock.nowMs();
    nextMs = endMs + PAUSES_PER_READ * (endMs - begunMs);
    if (now.equals(last)) {
      return false;
    }
    last = now;
    tracker.localAddresses(now);
    Logger.debug("Local addresses and networks: {}", () -> text(networks));
    return true;
  }

  private static String text(long[] networks) {
    int count = networks.length / WORDS_PER_NETWORK;
    String first =
        IntStream.range(0, Math.min(count, MOST_LOGGED))
            .map(i -> i * WORDS_PER_NETWORK)
            .mapToObj(at -> text(networks[at], networks[at + 1], (int) networks[at + 2]))
            .distinct()
            .collect(Collectors.joining(", "));
    return count <= MOST_LOGGED ? first : first + ", and more: " + count + " in all";
  }

  private static String text(long high, long low, int bits) {
    int port = bits == Long.SIZE * 2 ? EndpointLabel.NO_PORT : EndpointLabel.network(bits);
    return EndpointLabel.of(high, low, port);
  }
}
