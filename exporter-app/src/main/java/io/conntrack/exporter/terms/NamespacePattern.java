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
import java.util.regex.PatternSyntaxException;

/**
 * Where files of network namespaces are to be looked for: a path, or a folder and a pattern for the
 * names in it, with the wildcards {@code *}, {@code ?} and {@code [...]}.
 */
public record NamespacePattern(Path folder, String name) {
  /** The longest name of a namespace, in bytes of ASCII. A container's id has as many. */
  public static final int LONGEST_NAME = 64;

  private static final String RULE =
      "an absolute path such as /run/netns/blue, or one with wildcards in its last part, such as"
          + " /run/netns/*";
  private static final String WILDCARD = ".*[*?\\[{\\\\].*";

  /** Those of a list that commas divide; none of an empty text. */
  public static List<NamespacePattern> list(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(NamespacePattern::of).toList();
  }

  private static NamespacePattern of(String text) {
    Path path = Path.of(text);
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
    return new NamespacePattern(path.getParent(), name);
  }

  /** What is there now, in the order of the names; nothing where there is no such folder. */
  public List<Path> paths() throws IOException {
    if (!name.matches(WILDCARD)) {
      Path path = folder.resolve(name);
      return Files.exists(path) ? List.of(path) : List.of();
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

  @Override
  public String toString() {
    return folder.resolve(name).toString();
  }
}
