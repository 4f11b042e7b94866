package io.conntrack.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rooms of a module: which package may use which, and how many classes one may have. */
final class RoomsTest {
  private static final int MOST_CLASSES = 25;

  /** Each room may use those named behind it, and those stand above it in its table. */
  private static final House DAEMON =
      new House(
          "io.conntrack.exporter",
          "terms      ->",
          "log        -> terms",
          "options    -> terms",
          "files      ->",
          "rules      -> terms files",
          "web        -> terms files",
          "names      -> terms files",
          "eventlog   -> terms",
          "kernel     -> terms options",
          "reading    -> terms options rules eventlog kernel",
          "format     -> terms reading",
          "exposition -> terms log rules web names kernel reading format",
          "live       -> terms kernel reading",
          "http       -> terms web reading format exposition live",
          "doctor     -> terms options rules web kernel",
          "top        -> options live",
          "(root)     -> terms log options rules web names reading exposition live http doctor top");

  private static final House COUNTING =
      new House(
          "io.conntrack.aggregator",
          "state    ->",
          "flow     ->",
          "remote   -> state flow",
          "snapshot -> state",
          "endpoint -> state remote snapshot",
          "budget   -> remote endpoint",
          "census   -> state flow remote snapshot",
          "(root)   -> state flow remote snapshot endpoint budget census");

  private static final House KERNEL =
      new House(
          "io.conntrack.ffm",
          "generated ->",
          "system    -> generated",
          "message   -> generated system",
          "socket    -> generated system message",
          "request   -> generated system message socket");

  static Stream<House> houses() {
    return Stream.of(DAEMON, COUNTING, KERNEL);
  }

  @ParameterizedTest
  @MethodSource("houses")
  void aRoomUsesOnlyTheRoomsThatTheTableAllows(House house) {
    Map<String, Set<String>> used = new TreeMap<>();
    house.allowed().keySet().forEach(room -> used.put(room, new HashSet<>()));
    house.classes().stream()
        .flatMap(origin -> origin.getDirectDependenciesFromSelf().stream())
        .filter(arrow -> house.owns(arrow.getTargetClass()))
        .filter(
            arrow -> !house.room(arrow.getOriginClass()).equals(house.room(arrow.getTargetClass())))
        .forEach(arrow -> house.add(used, arrow));
    assertThat(used).isEqualTo(house.allowed());
  }

  @ParameterizedTest
  @MethodSource("houses")
  void theTableHasNoCircle(House house) {
    Set<String> above = new HashSet<>();
    house
        .allowedInOrder()
        .forEach(line -> {
          assertThat(above).as(line.getKey()).containsAll(line.getValue());
          above.add(line.getKey());
        });
  }

  @ParameterizedTest
  @MethodSource("houses")
  void aRoomHasAtMost25Classes(House house) {
    Map<String, Long> sizes = new TreeMap<>();
    house.classes().stream()
        .filter(JavaClass::isTopLevelClass)
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .forEach(type -> sizes.merge(house.room(type), 1L, Long::sum));
    assertThat(sizes.keySet()).isEqualTo(house.allowed().keySet());
    assertThat(sizes.values()).allMatch(size -> size <= MOST_CLASSES);
  }

  @Test
  void noFileOfTheProgramHasMoreThan450Lines() throws IOException {
    try (Stream<Path> files = Files.find(Path.of(".."), 20, (file, found) -> isSource(file))) {
      List<Path> sources = files.toList();
      assertThat(sources).hasSizeGreaterThan(100);
      for (Path source : sources) {
        assertThat(Files.readAllLines(source)).as("%s", source).hasSizeLessThanOrEqualTo(450);
      }
    }
  }

  private static boolean isSource(Path file) {
    return file.toString().matches("\\.\\./[a-z-]+/src/main/java/.*\\.java");
  }

  /** One module, its root package, and the table of its arrows. */
  record House(String root, List<String> table) {
    House(String root, String... table) {
      this(root, List.of(table));
    }

    void add(Map<String, Set<String>> used, Dependency arrow) {
      String room = room(arrow.getOriginClass());
      String target = room(arrow.getTargetClass());
      assertThat(allowed().get(room)).as(arrow.getDescription()).contains(target);
      used.get(room).add(target);
    }

    boolean owns(JavaClass type) {
      return type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
    }

    String room(JavaClass type) {
      String name = type.getPackageName();
      return name.equals(root) ? "(root)" : name.substring(root.length() + 1);
    }

    Map<String, Set<String>> allowed() {
      Map<String, Set<String>> allowed = new TreeMap<>();
      allowedInOrder().forEach(line -> allowed.put(line.getKey(), line.getValue()));
      return allowed;
    }

    Stream<Map.Entry<String, Set<String>>> allowedInOrder() {
      return table.stream()
          .map(line -> line.split("->", -1))
          .map(parts -> Map.entry(parts[0].strip(), words(parts[1])));
    }

    private static Set<String> words(String text) {
      return text.isBlank() ? Set.of() : Set.of(text.strip().split(" "));
    }

    JavaClasses classes() {
      return new ClassFileImporter()
          .importLocations(
              Set.of(
                  Location.of(
                      ModuleLayer.boot()
                          .configuration()
                          .findModule(root)
                          .orElseThrow()
                          .reference()
                          .location()
                          .orElseThrow())));
    }
  }
}
