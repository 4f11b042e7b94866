package io.conntrack.aggregator.state;

import java.util.Locale;

/**
 * What the kernel's table tells of a flow beside its state, by a bit of {@code enum
 * ip_conntrack_status} (linux/netfilter/nf_conntrack_common.h).
 */
public enum TableFlag {
  ASSURED(2),
  /** No packet has come in the reply direction: the bit of IPS_SEEN_REPLY is not set. */
  UNREPLIED(1),
  OFFLOAD(14),
  HW_OFFLOAD(15),
  /** NAT has changed its source. */
  SNAT(4),
  /** NAT has changed its destination. */
  DNAT(5),
  HELPER(13),
  /** A helper expected it, as with the data connection of FTP. */
  EXPECTED(0),
  DYING(9);

  /** How many columns a count of each takes: one for each bit of a status. */
  public static final int COLUMNS = 16;

  private static final int ALL = all();

  /** Where its count lies: the number of its bit. */
  public final int column;

  /** As a label has it. */
  public final String label = name().toLowerCase(Locale.ROOT);

  TableFlag(int bit) {
    this.column = bit;
  }

  private static int all() {
    int bits = 0;
    for (TableFlag flag : values()) {
      bits |= 1 << flag.column;
    }
    return bits;
  }

  /** The columns of the flags that a flow with this status has, as bits. */
  public static int columns(int status) {
    return (status ^ 1 << UNREPLIED.column) & ALL;
  }

  public boolean isIn(int status) {
    return (columns(status) & 1 << column) != 0;
  }
}
