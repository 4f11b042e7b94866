package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The links of the documents lead somewhere: to a file that is there, and to a heading in it. */
final class LinksTest {
  private static final Path PROJECT = Path.of("..");
  private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)#]*)(?:#([^)]+))?\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.+)$", Pattern.MULTILINE);
  private static final Pattern CODE =
      Pattern.compile("^```.*?^```$", Pattern.MULTILINE | Pattern.DOTALL);

  static List<Path> documents() throws IOException {
    try (Stream<Path> top = Files.list(PROJECT);
        Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
      return Stream.of(top, docs, Stream.of(PROJECT.resolve("benchmarks/README.md")))
          .flatMap(files -> files)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void eachLinkLeadsSomewhere(Path document) {
    List<String> broken =
        LINK.matcher(CODE.matcher(Docs.text(document)).replaceAll(""))
            .results()
            .filter(link -> !isGood(document, link.group(1), link.group(2)))
            .map(link -> link.group())
            .toList();
    assertThat(broken).isEmpty();
  }

  private static boolean isGood(Path document, String file, String heading) {
    Path target = file.isEmpty() ? document : document.resolveSibling(file);
    return Files.exists(target) && (heading == null || headings(target).contains(heading));
  }

  /** As the usual renderers make them: in lower case, blanks as hyphens, no other signs. */
  private static Set<String> headings(Path document) {
    return HEADING
        .matcher(CODE.matcher(Docs.text(document)).replaceAll(""))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(text -> text.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
