package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_CHAIN_TOOLONG;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_CLASH_RESOLVE;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_DROP;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_EARLY_DROP;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_ERROR;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_FOUND;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_INSERT;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_INSERT_FAILED;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_INVALID;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATS_SEARCH_RESTART;

/**
 * What the kernel's connection tracking counts, on each CPU and in each network namespace: struct
 * ip_conntrack_stat. The names are those of {@code conntrack -S}.
 */
public enum KernelCounter {
  CHAINTOOLONG(CTA_STATS_CHAIN_TOOLONG()),
  CLASH_RESOLVE(CTA_STATS_CLASH_RESOLVE()),
  DROP(CTA_STATS_DROP()),
  EARLY_DROP(CTA_STATS_EARLY_DROP()),
  ERROR(CTA_STATS_ERROR()),
  FOUND(CTA_STATS_FOUND()),
  INSERT(CTA_STATS_INSERT()),
  INSERT_FAILED(CTA_STATS_INSERT_FAILED()),
  INVALID(CTA_STATS_INVALID()),
  SEARCH_RESTART(CTA_STATS_SEARCH_RESTART());

  /** The type of the attribute that has it. */
  final int attribute;

  KernelCounter(int attribute) {
    this.attribute = attribute;
  }
}
