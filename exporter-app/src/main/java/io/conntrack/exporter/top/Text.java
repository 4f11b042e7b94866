package io.conntrack.exporter.top;

import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.util.Map;
import org.jline.utils.WCWidth;

/**
 * Text for a terminal: nothing in it moves the cursor or changes the order of what stands beside
 * it, it has only characters that the terminal's charset has, and its width is known.
 */
final class Text {
  static final String BAD = "▲";
  static final String GOOD = "✓";

  /** What stands for a character that is not shown. */
  private static final char HIDDEN = '?';

  /** For charsets without them. */
  private static final Map<Integer, String> PLAIN =
      Map.of((int) '▲', "!", (int) '✓', "*", (int) '…', "~", (int) '–', "-", (int) 'µ', "u");

  private final CharsetEncoder encoder;

  Text(Charset charset) {
    this.encoder = charset.newEncoder();
  }

  /** Without control characters, and those that change the direction of text. */
  static String safe(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints().forEach(point -> safe.appendCodePoint(isSafe(point) ? point : HIDDEN));
    return safe.toString();
  }

  private static boolean isSafe(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /** Safe, and of characters that can be shown. */
  String of(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    safe(text)
        .codePoints()
        .forEach(point -> {
          String character = Character.toString(point);
          shown.append(
              encoder.canEncode(character)
                  ? character
                  : PLAIN.getOrDefault(point, String.valueOf(HIDDEN)));
        });
    return shown.toString();
  }

  /** How many cells it takes. */
  static int width(String text) {
    return text.codePoints().map(point -> Math.max(0, WCWidth.wcwidth(point))).sum();
  }

  /** At the left of so many cells; what does not fit is cut, with a sign. */
  String left(String text, int cells) {
    String cut = cut(of(text), cells);
    return cut + " ".repeat(cells - width(cut));
  }

  /** At the right of so many cells. */
  String right(String text, int cells) {
    String cut = cut(of(text), cells);
    return " ".repeat(cells - width(cut)) + cut;
  }

  private String cut(String shown, int cells) {
    if (width(shown) <= cells) {
      return shown;
    }
    StringBuilder cut = new StringBuilder();
    int used = 0;
    for (int i = 0; i < shown.length(); i += Character.charCount(shown.codePointAt(i))) {
      int point = shown.codePointAt(i);
      int width = Math.max(0, WCWidth.wcwidth(point));
      if (used + width > cells - 1) {
        break;
      }
      cut.appendCodePoint(point);
      used += width;
    }
    return cells > 0 ? cut + of("…") : "";
  }
}
