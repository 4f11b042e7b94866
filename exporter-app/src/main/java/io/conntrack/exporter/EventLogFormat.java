package io.conntrack.exporter;

/** Whether connection events are logged, and how. */
enum EventLogFormat {
  NONE,
  NETFILTER,
  JSON
}
