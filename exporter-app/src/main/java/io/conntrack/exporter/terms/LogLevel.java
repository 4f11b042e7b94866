package io.conntrack.exporter.terms;

/** How much the daemon's own log tells: this and what is worse. */
public enum LogLevel {
  DEBUG,
  INFO,
  WARN,
  ERROR
}
