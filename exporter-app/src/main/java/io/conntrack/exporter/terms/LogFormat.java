package io.conntrack.exporter.terms;

/** How a line of the exporter's own log is written. */
public enum LogFormat {
  /** {@code 2026-01-02T03:04:05.678Z WARN message}. */
  TEXT,

  /** {@code {"ts":"2026-01-02T03:04:05.678Z","level":"warn","msg":"message"}}. */
  JSON,

  /** {@code <4>message}, as the journal of systemd takes it. */
  JOURNAL
}
