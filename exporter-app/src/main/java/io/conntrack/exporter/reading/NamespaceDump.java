package io.conntrack.exporter.reading;

import io.conntrack.exporter.kernel.DumpBudget;
import io.conntrack.exporter.kernel.DumpProof;
import io.conntrack.exporter.kernel.KernelSources;
import io.conntrack.ffm.message.FlowBatch;
import io.conntrack.ffm.request.FlowDump;
import io.conntrack.ffm.request.FlowDump.Received;
import io.conntrack.ffm.system.ConntrackException;

/**
 * The dumps of one network namespace, with what each proves and costs. Belongs to the reading
 * thread.
 */
final class NamespaceDump {
  private final KernelSources sources;

  /** Of all namespaces; this one's while {@link #isRunning}. */
  private final FlowDump dump;

  private final DumpProof proof;
  private final DumpBudget budget;
  private boolean running;
  private long entries;
  private long costNs;

  NamespaceDump(KernelSources sources) {
    this.sources = sources;
    this.dump = sources.dump;
    this.budget = sources.dumpBudget;
    this.proof = new DumpProof(sources.statistics, sources.namespace);
  }

  /**
   * Begins one, if there is anything to dump. A dump walks the whole machine's table, which is too
   * much for a namespace of many that tracks nothing.
   *
   * @param created how many events of new flows have come until now
   */
  boolean begin(long created) throws ConntrackException {
    entries = 0;
    costNs = 0;
    if (!isEmpty()) {
      proof.dumpBegins(created);
      budget.dumpBegins();
      dump.begin(sources.namespace);
      running = true;
    }
    return running;
  }

  private boolean isEmpty() throws ConntrackException {
    return !sources.namespace.isOwn()
        && sources.statistics.readEntries(sources.namespace).orElse(1) == 0;
  }

  /** Only while {@link #isRunning}. */
  Received receive() {
    Received received = dump.receive();
    proof.dumpGoesOn();
    running = dump.isRunning();
    entries += dump.flows().size();
    return received;
  }

  boolean isRunning() {
    return running;
  }

  /** Whether one of another namespace runs. */
  boolean waitsForAnother() {
    return !running && dump.isRunning();
  }

  /** What was received last. */
  FlowBatch flows() {
    return dump.flows();
  }

  long takeUndecodable() {
    return dump.takeUndecodable();
  }

  /** Why the last one failed, or null. */
  ConntrackException failure() {
    return dump.failure();
  }

  /** Flows of all protocols in the dump that runs or ran last. */
  long entries() {
    return entries;
  }

  boolean isResized() {
    return proof.isResized();
  }

  boolean isDoubtful(long created) {
    return proof.isDoubtful(entries, created);
  }

  /** Whether the kernel has as many entries now as the last dump showed. */
  boolean showedAll() {
    return proof.isStill(entries);
  }

  /** To be called when the flows of the last portion are counted. */
  void counted() {
    costNs = budget.dumpEnded();
  }

  /** What the last one has taken of a processor, in ns; none if there was nothing to dump. */
  long costNs() {
    return costNs;
  }

  /** Gives it up, if it runs. */
  void end() {
    if (running) {
      dump.end();
      running = false;
    }
  }
}
