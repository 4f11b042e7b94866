package io.conntrack.exporter.kernel;

import io.conntrack.exporter.terms.KernelSetting;
import io.conntrack.ffm.request.KernelStatistics;
import io.conntrack.ffm.request.StatisticsQuery;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.util.OptionalLong;
import org.tinylog.Logger;

/**
 * Reads the state of the kernel's own table, once for each observation. If the kernel refuses to
 * tell a number, the number is absent, and the scrape does not fail. The log says why, once until
 * the kernel answers again. Belongs to the reading thread.
 */
public final class KernelTableReader {
  private final StatisticsQuery query;
  private final NetworkNamespace namespace;
  private final KernelTotals totals;
  private boolean refused;

  /**
   * Both stay the caller's.
   *
   * @param totals go on from where an earlier reader ended
   */
  public KernelTableReader(StatisticsQuery query, NetworkNamespace namespace, KernelTotals totals) {
    this.query = query;
    this.namespace = namespace;
    this.totals = totals;
  }

  public KernelTable read() {
    try {
      KernelStatistics told = query.read(namespace);
      refused = false;
      totals.add(told.counters());
      OptionalLong limit = told.limit().isPresent() ? told.limit() : limitSetting();
      return new KernelTable(told.entries(), limit, totals.byCpu());
    } catch (ConntrackException e) {
      if (!refused && namespace.isThere()) {
        Logger.warn(
            "{}. Scrapes lack conntrack_table_* and conntrack_stat_* until the kernel answers",
            e.getMessage());
      }
      refused = true;
      return KernelTable.UNTOLD;
    }
  }

  /** An older kernel tells the limit as a setting alone. */
  private static OptionalLong limitSetting() {
    String digits = KernelSetting.text("nf_conntrack_max").strip();
    return digits.matches("\\d{1,10}")
        ? OptionalLong.of(Long.parseLong(digits))
        : OptionalLong.empty();
  }
}
