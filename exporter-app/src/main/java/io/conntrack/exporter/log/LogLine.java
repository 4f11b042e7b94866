package io.conntrack.exporter.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.tinylog.Level;

/**
 * One entry of the log as text: {@code 2026-01-02T03:04:05.678Z WARN message}. What could forge
 * another line, or steer a terminal, is escaped, since names and paths come from outside.
 *
 * <p>The journal of systemd has the time already, and takes the priority of a line from its
 * beginning: {@code <4>message}, see sd-daemon(3).
 */
final class LogLine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final boolean FOR_JOURNAL =
      leadsToJournal(Path.of("/proc/self/fd/2"), System.getenv("JOURNAL_STREAM"));

  private LogLine() {}

  /**
   * Whether this file is the stream that systemd made for the journal.
   *
   * @param told device and inode of that stream, as systemd tells them; null if it tells none
   */
  static boolean leadsToJournal(Path file, String told) {
    if (told == null) {
      return false;
    }
    try {
      Map<String, Object> is = Files.readAttributes(file, "unix:dev,ino");
      return told.equals(is.get("dev") + ":" + is.get("ino"));
    } catch (IOException e) {
      return false;
    }
  }

  private static int priority(Level level) {
    return switch (level) {
      case ERROR -> 3;
      case WARN -> 4;
      case INFO -> 6;
      default -> 7;
    };
  }

  /** With the stack trace of a fault of this program, on lines of its own. */
  static String of(Instant time, Level level, String message, Throwable fault) {
    StringBuilder text = new StringBuilder();
    String beginning =
        FOR_JOURNAL
            ? "<" + priority(level) + ">"
            : TIME.format(time) + String.format(Locale.ROOT, " %-5s ", level);
    text.append(beginning);
    appendEscaped(message == null ? "" : message, text);
    if (fault != null) {
      text.append(message == null ? "" : ": ");
      appendFault(fault, "", FOR_JOURNAL ? "\n" + beginning : "\n", text);
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

  private static void appendFault(
      Throwable fault, String prefix, String newLine, StringBuilder text) {
    appendEscaped(prefix + fault, text);
    for (StackTraceElement frame : fault.getStackTrace()) {
      text.append(newLine).append("\tat ").append(frame);
    }
    if (fault.getCause() != null) {
      text.append(newLine);
      appendFault(fault.getCause(), "Caused by: ", newLine, text);
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
