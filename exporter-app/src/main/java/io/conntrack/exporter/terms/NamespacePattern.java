package io.conntrack.exporter.terms;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Where to look for files of network namespaces. It is a path, or a folder and a pattern for the
 * names in it. Wildcards are {@code *}, {@code ?} and {@code [...]}.
 *
 * @param givenName the name that the operator gives to the namespace of a path; empty if none
 */
public record NamespacePattern(Path folder, String name, String givenName) {
  /** The longest name of a namespace, in bytes of ASCII. A container's id has as many. */
  public static final int LONGEST_NAME = 64;

  private static final String RULE =
      "an absolute path such as /run/netns/blue, or one with wildcards in its last part, such as"
          + " /run/netns/*, or a name of 1 to 64 characters and a path, such as"
          + " web=/proc/4711/ns/net";

  /** Characters that no format has to escape. */
  private static final Pattern PRINTABLE =
      Pattern.compile("[ -~&&[^\"\\\\]]{1," + LONGEST_NAME + "}");

  private static final Pattern OF_PROCESS =
      Pattern.compile("/proc/([^/]+)(?:/task/([^/]+))?/ns/net");
  private static final String WILDCARD = ".*[*?\\[{\\\\].*";

  /** The patterns of a comma-separated list. An empty text has none. */
  public static List<NamespacePattern> list(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(NamespacePattern::of).toList();
  }

  /** Whether this can be the value of a label as it is. */
  public static boolean isName(String text) {
    return PRINTABLE.matcher(text).matches();
  }

  private static NamespacePattern of(String text) {
    int end = text.startsWith("/") ? -1 : text.indexOf("=/");
    String givenName = text.substring(0, Math.max(0, end));
    Path path = Path.of(text.substring(end + 1));
    if (end >= 0 && !isName(givenName)) {
      throw new IllegalArgumentException(RULE);
    }
    if (!path.isAbsolute()
        || path.getFileName() == null
        || path.getParent().toString().matches(WILDCARD)) {
      throw new IllegalArgumentException(RULE);
    }
    String name = path.getFileName().toString();
    try {
      FileSystems.getDefault().getPathMatcher("glob:" + name);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(RULE, e);
    }
    if (end >= 0 && name.matches(WILDCARD)) {
      throw new IllegalArgumentException(RULE); // one name is not for several
    }
    return new NamespacePattern(path.getParent(), name, givenName);
  }

  /** The paths that match now, in the order of the names; none if there is no such folder. */
  public List<Path> paths() throws IOException {
    if (!name.matches(WILDCARD)) {
      Path path = folder.resolve(name);
      return Files.notExists(path) ? List.of() : List.of(path); // or it may not be looked at
    }
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, name)) {
      files.forEach(paths::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    paths.sort(null);
    return paths;
  }

  /**
   * The name of the namespace of one of the paths. For a process it contains the process's number.
   */
  public String label(Path path) {
    if (!givenName.isEmpty()) {
      return givenName;
    }
    Matcher process = OF_PROCESS.matcher(path.toString());
    if (!process.matches()) {
      return path.getFileName().toString();
    }
    return "pid-" + (process.group(2) == null ? process.group(1) : process.group(2));
  }

  @Override
  public String toString() {
    return (givenName.isEmpty() ? "" : givenName + "=") + folder.resolve(name);
  }
}
