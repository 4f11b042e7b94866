package io.conntrack.exporter.terms;

/** Whether connection events are logged, and how. */
public enum EventLogFormat {
  NONE,
  NETFILTER,
  JSON
}
