package io.conntrack.aggregator.snapshot;

import io.conntrack.aggregator.state.TableFlag;
import io.conntrack.aggregator.state.TableState;

/**
 * How many flows the kernel's table has, of every protocol, in each state and with each flag.
 * Immutable. A row is a zone, if zones are told apart. The first row is all zones then that have no
 * row, else all flows.
 */
public final class TableFlows {
  /** Stands for the zone of the first row. */
  public static final int NO_ZONE = -1;

  /** Of nothing. */
  public static final TableFlows NONE = new TableFlows(new int[0], new long[0]);

  /** How many counts a row has. */
  public static final int COLUMNS = TableState.COUNT + TableFlag.COLUMNS;

  private final int[] zones;
  private final long[] counts;

  /**
   * Keeps what it gets.
   *
   * @param zones of each row
   * @param counts row by row, those of the states by their columns, then those of the flags
   */
  public TableFlows(int[] zones, long[] counts) {
    this.zones = zones;
    this.counts = counts;
  }

  public int rows() {
    return zones.length;
  }

  public int zone(int row) {
    return zones[row];
  }

  public long count(int row, TableState state) {
    return counts[row * COLUMNS + state.column];
  }

  public long count(int row, TableFlag flag) {
    return counts[row * COLUMNS + TableState.COUNT + flag.column];
  }
}
