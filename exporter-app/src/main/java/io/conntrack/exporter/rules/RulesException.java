package io.conntrack.exporter.rules;

/**
 * A rules file that can't be taken. The message is one sentence for the operator: the line, if
 * there is one, what is wrong there, what would be right.
 */
final class RulesException extends Exception {
  private static final long serialVersionUID = 1L;

  /** More of a wrong text than this does not help to find it. */
  private static final int LONGEST_QUOTE = 60;

  RulesException(String message) {
    super(message);
  }

  /**
   * Something is wrong at a place in the file.
   *
   * @param line counts from 1, like the column
   */
  RulesException(int line, int column, String message) {
    super("line " + line + ", column " + column + ": " + message);
  }

  /** A text of the file as a message and a log may have it: short, and in printable ASCII. */
  static String quoted(String text) {
    String start = text.substring(0, Math.min(LONGEST_QUOTE, text.length()));
    String end = start.length() < text.length() ? "..." : "";
    return "'" + printable(start) + end + "'";
  }

  static String printable(String text) {
    return text.replaceAll("[^ -~]", "?");
  }
}
