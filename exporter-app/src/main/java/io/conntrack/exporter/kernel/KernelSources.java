package io.conntrack.exporter.kernel;

import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.Protocols;
import io.conntrack.ffm.request.FlowDump;
import io.conntrack.ffm.request.StatisticsQuery;
import io.conntrack.ffm.socket.AddressSocket;
import io.conntrack.ffm.socket.EventFilter;
import io.conntrack.ffm.socket.EventSocket;
import io.conntrack.ffm.socket.ReceiveBuffers;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;

/**
 * Everything that is read from the kernel in one network namespace. The reading thread opens and
 * closes it together, and only that thread may use it. Opening subscribes to changes of addresses,
 * and to events if the configuration wants them.
 */
public final class KernelSources implements AutoCloseable {
  public final NetworkNamespace namespace;
  public final EventSocket events;
  public final AddressSocket addresses;

  /** Shared with the sources of other namespaces, like the statistics; not closed here. */
  public final FlowDump dump;

  public final StatisticsQuery statistics;
  public final DumpBudget dumpBudget;

  private KernelSources(
      NetworkNamespace namespace,
      EventSocket events,
      AddressSocket addresses,
      KernelAccess access) {
    this.namespace = namespace;
    this.events = events;
    this.addresses = addresses;
    this.dump = access.dump;
    this.statistics = access.statistics;
    this.dumpBudget = access.dumpBudget;
  }

  /** Opens what the configuration wants. */
  public static KernelSources open(
      Configuration configuration, NetworkNamespace namespace, KernelAccess access)
      throws ConntrackException {
    EventSocket events = openEvents(configuration, namespace, access.buffers);
    try {
      AddressSocket addresses = AddressSocket.open(namespace, access.buffers);
      return new KernelSources(namespace, events, addresses, access);
    } catch (Throwable t) {
      events.close();
      throw t;
    }
  }

  /**
   * Listens to events if the configuration wants them, and to all of them only if they are logged.
   * With {@code --once} it listens to none, so no event can disturb the dump.
   */
  private static EventSocket openEvents(
      Configuration configuration, NetworkNamespace namespace, ReceiveBuffers buffers)
      throws ConntrackException {
    if (configuration.once() || !configuration.events()) {
      return EventSocket.silent(namespace, buffers);
    }
    EventFilter filter =
        configuration.loggedEvents().format() == EventLogFormat.NONE
            ? EventFilter.changes(
                new Protocols(configuration.protocols()).numbers(),
                configuration.endpoints().tcpStates())
            : EventFilter.ALL;
    return EventSocket.open(namespace, buffers, configuration.netlinkBufferBytes(), filter);
  }

  @Override
  public void close() {
    statistics.forget(namespace);
    addresses.close();
    events.close();
  }
}
