package io.conntrack.exporter.kernel;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.ffm.socket.AddressSocket;
import io.conntrack.ffm.system.ConntrackException;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tinylog.Logger;

/** Tells a tracker which addresses are local. Belongs to the reading thread, like both. */
public final class AddressReader {
  private final AddressSocket addresses;
  private final FlowTracker tracker;
  private long[] last = {};

  /** Tells those of now. */
  public AddressReader(AddressSocket addresses, FlowTracker tracker) throws ConntrackException {
    this.addresses = addresses;
    this.tracker = tracker;
    read();
  }

  /** To be called when there is word of a change. Returns whether they are others than before. */
  public boolean haveChanged() throws ConntrackException {
    return addresses.takeChanged() && read();
  }

  private boolean read() throws ConntrackException {
    long[] now = addresses.read();
    if (Arrays.equals(now, last)) {
      return false;
    }
    last = now;
    tracker.localAddresses(LocalAddresses.of(now));
    Logger.debug("Local addresses: {}", () -> text(now));
    return true;
  }

  private static String text(long[] halves) {
    return IntStream.range(0, halves.length / 2)
        .mapToObj(i -> EndpointLabel.of(halves[2 * i], halves[2 * i + 1], EndpointLabel.NO_PORT))
        .collect(Collectors.joining(", "));
  }
}
