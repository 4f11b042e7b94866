package io.conntrack.exporter.log;

import io.conntrack.exporter.terms.LogFormat;
import java.time.Instant;
import org.tinylog.Level;

/** A line of the log that has all its keys. */
public final class ListedLogKeys {
  private ListedLogKeys() {}

  public static String line() {
    return LogLine.of(
        LogFormat.JSON, Instant.EPOCH, Level.ERROR, "message", new IllegalStateException());
  }
}
