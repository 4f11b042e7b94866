package io.conntrack.exporter.terms;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Where {@code --names} takes names for addresses from.
 *
 * @param file null for DNS
 * @param lenient whether lines that cannot be read are passed over, since others write the file
 */
public record NameSource(Path file, boolean lenient) {
  private static final String RULE =
      "hosts, dns or the path of a file with a / in it such as /etc/conntrack/names or ./names;"
          + " a comma separates several";

  public static final NameSource DNS = new NameSource(null, false);
  public static final NameSource HOSTS = new NameSource(Path.of("/etc/hosts"), true);

  /**
   * Reads a comma-separated list, which may be empty.
   *
   * @throws IllegalArgumentException whose message says what would be right, to follow the words
   *     "must be"
   */
  public static List<NameSource> list(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(NameSource::of).distinct().toList();
  }

  private static NameSource of(String word) {
    return switch (word) {
      case "hosts" -> HOSTS;
      case "dns" -> DNS;
      default -> {
        if (!word.contains("/") || word.indexOf('\0') >= 0) {
          throw new IllegalArgumentException(RULE);
        }
        yield new NameSource(Path.of(word), false);
      }
    };
  }

  public boolean isDns() {
    return file == null;
  }
}
