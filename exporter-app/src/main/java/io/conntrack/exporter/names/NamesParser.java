package io.conntrack.exporter.names;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.terms.HostPattern;
import java.util.Iterator;
import java.util.regex.Pattern;

/**
 * Reads names in the form of {@code /etc/hosts}, with networks too:
 *
 * <pre>
 * # address or network   name   further names, which do not count
 * 10.0.1.5               payments-db
 * 10.244.0.0/16          pods
 * 2001:db8::1            mail  mail.example.com
 * </pre>
 */
final class NamesParser {
  /** Some 150 bytes each, and twice that while a file is read again. */
  static final int MOST_NAMES = 50_000;

  private static final int LONGEST_NAME = 253;

  /** What needs no escaping in any format. */
  private static final Pattern NAME = Pattern.compile("[!-~&&[^\"\\\\]]{1," + LONGEST_NAME + "}");

  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private NamesParser() {}

  /**
   * Reads a whole file.
   *
   * @param lenient whether lines that cannot be read are passed over
   * @throws FileException if a line is wrong
   */
  static NameTable parse(String text, boolean lenient) throws FileException {
    NameTable table = new NameTable();
    Iterator<String> lines = text.lines().iterator();
    for (int number = 1; lines.hasNext(); number++) {
      try {
        parse(lines.next(), number, table);
      } catch (FileException e) {
        if (!lenient || table.size() > MOST_NAMES) {
          throw e;
        }
      }
    }
    return table;
  }

  private static void parse(String line, int number, NameTable table) throws FileException {
    int comment = line.indexOf('#');
    String entry = (comment < 0 ? line : line.substring(0, comment)).strip();
    if (entry.isEmpty()) {
      return;
    }
    String[] words = BLANKS.split(entry, 3);
    int column = line.indexOf(words[0]) + 1;
    Network network = network(words[0], number, column);
    if (words.length < 2) {
      throw new FileException(
          number, column, FileException.quoted(words[0]) + " has no name; write one behind it");
    }
    if (!NAME.matcher(words[1]).matches()) {
      throw new FileException(
          number,
          line.indexOf(words[1], column + words[0].length() - 1) + 1,
          "the name "
              + FileException.quoted(words[1])
              + " must have 1 to "
              + LONGEST_NAME
              + " characters of printable ASCII, without \" and \\");
    }
    table.add(network, words[1]);
    if (table.size() > MOST_NAMES) {
      throw new FileException(
          number,
          column,
          "the file has more than " + MOST_NAMES + " names; name networks in place of addresses");
    }
  }

  private static Network network(String word, int line, int column) throws FileException {
    try {
      Network network = HostPattern.network(word);
      if (network.port() == Network.ANY_PORT && !word.startsWith("[")) {
        return network;
      }
    } catch (IllegalArgumentException e) {
      // told below, in the words of this file
    }
    throw new FileException(
        line,
        column,
        FileException.quoted(word)
            + " must be an address or a network such as 10.0.1.5, 10.2.0.0/16 or 2001:db8::/32");
  }
}
