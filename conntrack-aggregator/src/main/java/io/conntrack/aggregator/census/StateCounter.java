package io.conntrack.aggregator.census;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.snapshot.TableFlows;
import io.conntrack.aggregator.state.TableFlag;
import io.conntrack.aggregator.state.TableState;
import java.util.Arrays;

/**
 * Counts the flows of a dump by protocol, state and flag, and by zone if asked to. Allocates only
 * for a zone that is new. Belongs to the reader.
 */
public final class StateCounter {
  /** The flows of more zones are counted together. */
  public static final int MOST_ZONES = 1_000;

  private static final int ZONES = 1 << 16;

  /** Of each zone its row; 0 if it has none. Null unless zones are told apart. */
  private final char[] rowOfZone;

  private int[] zones = {TableFlows.NO_ZONE};
  private int rows = 1;
  private long[] counts = new long[TableFlows.COLUMNS];

  public StateCounter(boolean byZone) {
    rowOfZone = byZone ? new char[ZONES] : null;
  }

  /** A dump begins. If zones found no row in the last one, all look for theirs anew. */
  public void begin() {
    if (rowOfZone != null && firstRowCounts()) {
      Arrays.fill(rowOfZone, (char) 0);
      rows = 1;
    }
    Arrays.fill(counts, 0);
  }

  private boolean firstRowCounts() {
    return Arrays.stream(counts, 0, TableState.COUNT).anyMatch(count -> count > 0);
  }

  public void count(Flow flow) {
    int row = rowOfZone == null ? 0 : row(flow.zone);
    int at = row * TableFlows.COLUMNS;
    counts[at + TableState.column(flow.protocol, flow.state, flow.status)]++;
    at += TableState.COUNT;
    for (int flags = TableFlag.columns(flow.status); flags != 0; flags &= flags - 1) {
      counts[at + Integer.numberOfTrailingZeros(flags)]++;
    }
  }

  private int row(int zone) {
    if (rowOfZone[zone] == 0 && rows <= MOST_ZONES) {
      if (rows == zones.length) {
        zones = Arrays.copyOf(zones, 2 * rows);
        counts = Arrays.copyOf(counts, 2 * rows * TableFlows.COLUMNS);
      }
      rowOfZone[zone] = (char) rows;
      zones[rows++] = zone;
    }
    return rowOfZone[zone];
  }

  /** A copy of what was counted since the dump began. */
  public TableFlows counted() {
    return new TableFlows(
        Arrays.copyOf(zones, rows), Arrays.copyOf(counts, rows * TableFlows.COLUMNS));
  }
}
