package io.conntrack.exporter.rules;

/**
 * A rules file that is wrong. The message is one sentence for the operator. It has the line, if
 * there is one, what is wrong there, and what would be right.
 */
final class RulesException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A longer piece of the wrong text does not help to find it. */
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

  /**
   * A text of the file in a form that is safe for messages and the log: short, and in printable
   * ASCII.
   */
  static String quoted(String text) {
    String start = text.substring(0, Math.min(LONGEST_QUOTE, text.length()));
    String end = start.length() < text.length() ? "..." : "";
    return "'" + printable(start) + end + "'";
  }

  static String printable(String text) {
    return text.replaceAll("[^ -~]", "?");
  }
}
