package io.conntrack.aggregator.remote;

/** Whether flows are counted by the end that opened them too, and under which address. */
public enum SourceView {
  /** They are not. */
  NONE,
  /** By its address. */
  ADDRESS,
  /** The same, but an IPv6 address by the /64 that it is in, because one host takes many there. */
  PREFIX
}
