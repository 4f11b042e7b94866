package io.conntrack.exporter.kernel;

import io.conntrack.exporter.terms.KernelSetting;
import io.conntrack.ffm.request.StatisticsQuery;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.util.OptionalLong;

/**
 * Whether a dump that ended well had all flows. The kernel walks its hash table from one bucket to
 * the next. When the table is resized meanwhile, flows change their buckets, and the walk ends
 * early or passes over many of them, without an error. Belongs to the reading thread.
 */
public final class DumpProof {
  private static final String BUCKETS = "nf_conntrack_buckets";

  /** Entries that come and go during a dump without an event that is listened to. */
  private static final long FEW_ENTRIES = 256;

  private static final long SMALL_PART = 50;

  /** A resize takes longer, unless the table is small. The look takes some 20 us. */
  private static final long LOOK_PAUSE_NS = 1_000_000;

  private final StatisticsQuery statistics;
  private final NetworkNamespace namespace;
  private String buckets = "";
  private boolean resized;
  private long lookedNs;
  private long createdBefore;

  /** Both stay the caller's. */
  public DumpProof(StatisticsQuery statistics, NetworkNamespace namespace) {
    this.statistics = statistics;
    this.namespace = namespace;
  }

  /**
   * To be called before the dump is asked for.
   *
   * @param created how many events of new flows have come until now
   */
  public void dumpBegins(long created) {
    buckets = KernelSetting.text(BUCKETS);
    resized = false;
    createdBefore = created;
  }

  /** To be called with each portion of the dump. Sees a table that is resized there and back. */
  public void dumpGoesOn() {
    long nowNs = System.nanoTime();
    if (nowNs - lookedNs >= LOOK_PAUSE_NS) {
      lookedNs = nowNs;
      look();
    }
  }

  /** Whether the table has, or was seen to have, another size than when the dump began. */
  public boolean isResized() {
    look();
    return resized;
  }

  /** Whether the kernel has just as many entries as the dump had. */
  public boolean isStill(long dumped) {
    try {
      OptionalLong entries = statistics.readEntries(namespace);
      return entries.isPresent() && entries.getAsLong() == dumped;
    } catch (ConntrackException e) {
      return false;
    }
  }

  private void look() {
    resized |= !buckets.equals(KernelSetting.text(BUCKETS));
  }

  /**
   * Whether the kernel has more entries than the dump had, and than were new since it began. Then
   * the table may have been resized there and back.
   */
  public boolean isDoubtful(long dumped, long created) {
    try {
      OptionalLong entries = statistics.readEntries(namespace);
      long most = dumped + (created - createdBefore) + dumped / SMALL_PART + FEW_ENTRIES;
      return entries.isPresent() && entries.getAsLong() > most;
    } catch (ConntrackException e) {
      return false; // scrapes tell of it: they ask the same
    }
  }
}
