package io.conntrack.exporter.log;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.tinylog.Level;

/**
 * One entry of the log as text: {@code 2026-01-02T03:04:05.678Z WARN message}. What could forge
 * another line, or steer a terminal, is escaped, since names and paths come from outside.
 */
final class LogLine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private LogLine() {}

  /** With the stack trace of a fault of this program, on lines of its own. */
  static String of(Instant time, Level level, String message, Throwable fault) {
    StringBuilder text = new StringBuilder();
    text.append(TIME.format(time)).append(' ');
    text.append(String.format(Locale.ROOT, "%-5s", level)).append(' ');
    appendEscaped(message == null ? "" : message, text);
    if (fault != null) {
      text.append(message == null ? "" : ": ");
      appendFault(fault, "", text);
    }
    return text.append('\n').toString();
  }

  static String dropped(long lines) {
    String what = lines == 1 ? "1 line was" : lines + " lines were";
    return of(
        Instant.now(),
        Level.WARN,
        what + " not logged here, since nobody read standard error",
        null);
  }

  private static void appendFault(Throwable fault, String prefix, StringBuilder text) {
    appendEscaped(prefix + fault, text);
    for (StackTraceElement frame : fault.getStackTrace()) {
      text.append("\n\tat ").append(frame);
    }
    if (fault.getCause() != null) {
      text.append('\n');
      appendFault(fault.getCause(), "Caused by: ", text);
    }
  }

  private static void appendEscaped(String raw, StringBuilder text) {
    raw.chars()
        .forEach(letter -> {
          if (Character.isISOControl(letter) || letter == '\u2028' || letter == '\u2029') {
            text.append(String.format(Locale.ROOT, "\\u%04x", letter));
          } else {
            text.append((char) letter);
          }
        });
  }
}
