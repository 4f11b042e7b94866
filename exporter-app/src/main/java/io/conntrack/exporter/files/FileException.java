package io.conntrack.exporter.files;

/**
 * A file of the operator that is wrong, such as the rules file. The message is one sentence for the
 * operator. It has the line, if there is one, what is wrong there, and what would be right.
 */
public final class FileException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A longer piece of the wrong text does not help to find it. */
  private static final int LONGEST_QUOTE = 60;

  public FileException(String message) {
    super(message);
  }

  /**
   * Something is wrong at a place in the file.
   *
   * @param line counts from 1, like the column
   */
  public FileException(int line, int column, String message) {
    super("line " + line + ", column " + column + ": " + message);
  }

  /**
   * A text of the file in a form that is safe for messages and the log: short, and in printable
   * ASCII.
   */
  public static String quoted(String text) {
    String start = text.substring(0, Math.min(LONGEST_QUOTE, text.length()));
    String end = start.length() < text.length() ? "..." : "";
    return "'" + printable(start) + end + "'";
  }

  public static String printable(String text) {
    return text.replaceAll("[^ -~]", "?");
  }
}
