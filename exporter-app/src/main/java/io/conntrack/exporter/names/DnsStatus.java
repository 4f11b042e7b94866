package io.conntrack.exporter.names;

import java.util.Map;

/**
 * How DNS servers have answered. Immutable.
 *
 * @param cached addresses that are kept, with a name or without
 * @param lookups how many questions had each result
 * @param skipped how often an address found no room
 */
public record DnsStatus(int cached, Map<DnsResult, Long> lookups, long skipped) {
  public DnsStatus {
    lookups = Map.copyOf(lookups);
  }
}
