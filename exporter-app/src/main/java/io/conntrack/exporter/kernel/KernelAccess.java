package io.conntrack.exporter.kernel;

import io.conntrack.ffm.request.FlowDump;
import io.conntrack.ffm.request.StatisticsQuery;
import io.conntrack.ffm.socket.ReceiveBuffers;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Wakeup;

/**
 * What the reading thread needs once for all network namespaces: memory to receive into, the dump,
 * and what dumps may cost. Only that thread may use it. One dump runs at a time, because each walks
 * the whole machine's table.
 */
public final class KernelAccess implements AutoCloseable {
  /** The caller's, to end a wait from another thread; not closed here. */
  public final Wakeup wakeup;

  final ReceiveBuffers buffers = new ReceiveBuffers();
  public final FlowDump dump = new FlowDump();
  final StatisticsQuery statistics = new StatisticsQuery();
  public final DumpBudget dumpBudget = new DumpBudget();

  public KernelAccess(Wakeup wakeup) throws ConntrackException {
    this.wakeup = wakeup;
  }

  /** To be called when the sources of all namespaces are closed. */
  @Override
  public void close() {
    statistics.close();
    dump.close();
    dumpBudget.close();
    buffers.close();
  }
}
