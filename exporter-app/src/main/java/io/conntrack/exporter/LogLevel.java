package io.conntrack.exporter;

/** How much the daemon's own log tells: this and what is worse. */
enum LogLevel {
  DEBUG,
  INFO,
  WARN,
  ERROR
}
