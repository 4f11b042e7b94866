package io.conntrack.exporter.terms;

/** The level of the daemon's own log: lines of this level and of worse ones. */
public enum LogLevel {
  DEBUG,
  INFO,
  WARN,
  ERROR
}
