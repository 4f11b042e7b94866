package io.conntrack.exporter.log;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import org.tinylog.core.LogEntry;
import org.tinylog.core.LogEntryValue;
import org.tinylog.writers.Writer;

/** What the logging library writes to, by its name in tinylog.properties. Any thread may call. */
public final class StandardErrorWriter implements Writer {
  /** As the library makes it. There is nothing to configure. */
  public StandardErrorWriter(Map<String, String> properties) {}

  @Override
  public Collection<LogEntryValue> getRequiredLogEntryValues() {
    return EnumSet.of(
        LogEntryValue.DATE, LogEntryValue.LEVEL, LogEntryValue.MESSAGE, LogEntryValue.EXCEPTION);
  }

  @Override
  public void write(LogEntry entry) {
    LogQueue.STANDARD_ERROR.add(
        entry.getTimestamp().toInstant(),
        entry.getLevel(),
        entry.getMessage(),
        entry.getException());
  }

  @Override
  public void flush() {
    LogQueue.STANDARD_ERROR.close();
  }

  @Override
  public void close() {
    LogQueue.STANDARD_ERROR.close();
  }
}
