package io.conntrack.exporter.log;

import io.conntrack.exporter.terms.LogFormat;
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
 * One entry of the log. What could forge another line, or steer a terminal, is escaped, since names
 * and paths come from outside.
 *
 * <pre>
 * 2026-01-02T03:04:05.678Z WARN  message
 * {"ts":"2026-01-02T03:04:05.678Z","level":"warn","msg":"message"}
 * &lt;4&gt;message
 * </pre>
 *
 * <p>The last is for the journal of systemd. It has the time already, and takes the priority of a
 * line from its beginning, see sd-daemon(3).
 */
final class LogLine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private LogLine() {}

  /** How to write on standard error if nobody says so. */
  static LogFormat formatOfStandardError() {
    return leadsToJournal(Path.of("/proc/self/fd/2"), System.getenv("JOURNAL_STREAM"))
        ? LogFormat.JOURNAL
        : LogFormat.TEXT;
  }

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

  /** With the stack trace of a fault of this program: in JSON a field, else on further lines. */
  static String of(LogFormat format, Instant time, Level level, String message, Throwable fault) {
    return switch (format) {
      case TEXT -> {
        String beginning = TIME.format(time) + String.format(Locale.ROOT, " %-5s ", level);
        yield text(beginning, message, fault, "\n");
      }
      case JSON -> json(time, level, message, fault);
      case JOURNAL -> {
        String beginning = "<" + priority(level) + ">";
        yield text(beginning, message, fault, "\n" + beginning);
      }
    };
  }

  private static int priority(Level level) {
    return switch (level) {
      case ERROR -> 3;
      case WARN -> 4;
      case INFO -> 6;
      default -> 7;
    };
  }

  private static String text(String beginning, String message, Throwable fault, String newLine) {
    StringBuilder text = new StringBuilder(beginning);
    appendEscaped(message == null ? "" : message, text);
    if (fault != null) {
      text.append(message == null ? "" : ": ");
      appendFault(fault, "", newLine, text);
    }
    return text.append('\n').toString();
  }

  /** By hand: at the start, a library's classes would take longer than all the lines. */
  private static String json(Instant time, Level level, String message, Throwable fault) {
    StringBuilder text = new StringBuilder("{\"ts\":\"");
    TIME.formatTo(time, text);
    text.append("\",\"level\":\"").append(level.name().toLowerCase(Locale.ROOT));
    text.append("\",\"msg\":\"");
    appendQuoted(message == null ? String.valueOf(fault) : message, text);
    if (fault != null) {
      StringBuilder trace = new StringBuilder();
      appendFault(fault, "", "\n", trace);
      appendQuoted(trace, text.append("\",\"stack\":\""));
    }
    return text.append("\"}\n").toString();
  }

  /** The inside of a string in JSON, RFC 8259. */
  private static void appendQuoted(CharSequence raw, StringBuilder text) {
    raw.chars()
        .forEach(letter -> {
          if (letter == '"' || letter == '\\') {
            text.append('\\').append((char) letter);
          } else {
            appendEscaped(letter, text);
          }
        });
  }

  static String dropped(LogFormat format, long lines) {
    String what = lines == 1 ? "1 line was" : lines + " lines were";
    return of(
        format,
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
    raw.chars().forEach(letter -> appendEscaped(letter, text));
  }

  private static void appendEscaped(int letter, StringBuilder text) {
    if (Character.isISOControl(letter) || letter == '\u2028' || letter == '\u2029') {
      text.append(String.format(Locale.ROOT, "\\u%04x", letter));
    } else {
      text.append((char) letter);
    }
  }
}
