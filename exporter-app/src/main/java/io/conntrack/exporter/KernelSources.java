package io.conntrack.exporter;

import io.conntrack.ffm.AddressSocket;
import io.conntrack.ffm.ConntrackException;
import io.conntrack.ffm.EventFilter;
import io.conntrack.ffm.EventSocket;
import io.conntrack.ffm.FlowDump;
import io.conntrack.ffm.Poller;
import io.conntrack.ffm.StatisticsQuery;
import io.conntrack.ffm.Wakeup;

/**
 * Everything that is read from the kernel, opened and closed together by the reading thread, which
 * alone may use it. Opening subscribes to events, if the configuration wants any, and to changes of
 * addresses.
 */
final class KernelSources implements AutoCloseable {
  /** The caller's, to end a wait from another thread; not closed here. */
  final Wakeup wakeup;

  final EventSocket events;
  final AddressSocket addresses;
  final FlowDump dump;
  final StatisticsQuery statistics;
  final Poller poller;

  private KernelSources(EventSocket events, AddressSocket addresses, Wakeup wakeup)
      throws ConntrackException {
    this.wakeup = wakeup;
    this.events = events;
    this.addresses = addresses;
    this.dump = new FlowDump();
    this.statistics = new StatisticsQuery();
    this.poller = new Poller(wakeup, events, addresses, dump);
  }

  /** Listens to events if the configuration wants any: to all of them only if they are logged. */
  static KernelSources open(Configuration configuration, Wakeup wakeup) throws ConntrackException {
    if (!configuration.events()) {
      return openSilent(wakeup);
    }
    EventFilter filter =
        configuration.eventFormat() == EventLogFormat.NONE
            ? EventFilter.changes(
                new Protocols(configuration.protocols()).numbers(),
                configuration.endpoints().tcpStates())
            : EventFilter.ALL;
    return open(EventSocket.open(configuration.netlinkBufferBytes(), filter), wakeup);
  }

  /** For a single look, which no event can disturb. */
  static KernelSources openSilent(Wakeup wakeup) throws ConntrackException {
    return open(EventSocket.silent(), wakeup);
  }

  private static KernelSources open(EventSocket events, Wakeup wakeup) throws ConntrackException {
    AddressSocket addresses = null;
    try {
      addresses = AddressSocket.open();
      return new KernelSources(events, addresses, wakeup);
    } catch (Throwable t) {
      if (addresses != null) {
        addresses.close();
      }
      events.close();
      throw t;
    }
  }

  @Override
  public void close() {
    poller.close();
    statistics.close();
    dump.close();
    addresses.close();
    events.close();
  }
}
