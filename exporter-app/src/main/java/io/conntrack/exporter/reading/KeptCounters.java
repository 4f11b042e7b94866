package io.conntrack.exporter.reading;

import io.conntrack.ffm.system.NetworkNamespace;
import java.util.HashMap;
import java.util.Map;

/**
 * What goes on when reading fails and begins anew: the counters, and with them the flows, of the
 * own namespace, and of those others that are not read just now. Belongs to the reading thread.
 */
final class KeptCounters implements AutoCloseable {
  private record Kept(NetworkNamespace.Id id, ReaderCounters counters) {}

  private final ReaderCounters own = new ReaderCounters();
  private final Map<String, Kept> others = new HashMap<>();

  ReaderCounters own() {
    return own;
  }

  /** Those that were kept of a namespace, or new ones. They are not kept any longer. */
  ReaderCounters take(NetworkNamespace namespace) {
    Kept kept = others.remove(namespace.name());
    return kept == null ? new ReaderCounters() : kept.counters();
  }

  /** To be called before the loop is closed. */
  void keep(ReadingLoop loop) {
    loop.counters().keepFlows();
    if (!loop.namespace().isOwn()) {
      keep(loop.namespace(), loop.counters());
    }
  }

  /** Those of another namespace, which could not be read. */
  void keep(NetworkNamespace namespace, ReaderCounters counters) {
    others.put(namespace.name(), new Kept(namespace.id(), counters));
  }

  /** Of namespaces that are gone nothing is kept. */
  void forgetAllBut(Map<String, NetworkNamespace> there) {
    others
        .entrySet()
        .removeIf(each -> {
          NetworkNamespace now = there.get(each.getKey());
          boolean gone = now == null || !now.id().equals(each.getValue().id());
          if (gone) {
            each.getValue().counters().endFlows();
          }
          return gone;
        });
  }

  @Override
  public void close() {
    own.endFlows();
    forgetAllBut(Map.of());
  }
}
