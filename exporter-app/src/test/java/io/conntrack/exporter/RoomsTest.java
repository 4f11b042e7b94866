package io.conntrack.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rooms of the daemon: which package may use which, and how many classes one may have. */
final class RoomsTest {
  private static final String ROOT = "io.conntrack.exporter";
  private static final int MOST_CLASSES = 25;

  /** Each room may use those named behind it, and those stand above it in this table. */
  private static final List<String> TABLE =
      List.of(
          "terms      ->",
          "options    -> terms",
          "rules      -> terms",
          "eventlog   -> terms",
          "kernel     -> terms options",
          "reading    -> terms options rules eventlog kernel",
          "exposition -> terms rules kernel reading",
          "http       -> terms reading exposition",
          "doctor     -> terms options kernel",
          "(root)     -> terms options rules reading exposition http doctor");

  @Test
  void aRoomUsesOnlyTheRoomsThatTheTableAllows() {
    Map<String, Set<String>> used = new TreeMap<>();
    allowed().keySet().forEach(room -> used.put(room, new HashSet<>()));
    classes().stream()
        .flatMap(origin -> origin.getDirectDependenciesFromSelf().stream())
        .filter(arrow -> isOurs(arrow.getTargetClass()))
        .filter(arrow -> !room(arrow.getOriginClass()).equals(room(arrow.getTargetClass())))
        .forEach(arrow -> add(used, arrow));
    assertThat(used).isEqualTo(allowed());
  }

  @Test
  void theTableHasNoCircle() {
    Set<String> above = new HashSet<>();
    allowedInOrder()
        .forEach(line -> {
          assertThat(above).as(line.getKey()).containsAll(line.getValue());
          above.add(line.getKey());
        });
  }

  @Test
  void aRoomHasAtMost25Classes() {
    Map<String, Long> sizes = new TreeMap<>();
    classes().stream()
        .filter(JavaClass::isTopLevelClass)
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .forEach(type -> sizes.merge(room(type), 1L, Long::sum));
    assertThat(sizes.keySet()).isEqualTo(allowed().keySet());
    assertThat(sizes.values()).allMatch(size -> size <= MOST_CLASSES);
  }

  private static void add(Map<String, Set<String>> used, Dependency arrow) {
    String room = room(arrow.getOriginClass());
    String target = room(arrow.getTargetClass());
    assertThat(allowed().get(room)).as(arrow.getDescription()).contains(target);
    used.get(room).add(target);
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "(root)" : name.substring(ROOT.length() + 1);
  }

  private static Map<String, Set<String>> allowed() {
    Map<String, Set<String>> allowed = new TreeMap<>();
    allowedInOrder().forEach(line -> allowed.put(line.getKey(), line.getValue()));
    return allowed;
  }

  private static Stream<Map.Entry<String, Set<String>>> allowedInOrder() {
    return TABLE.stream()
        .map(line -> line.split("->", -1))
        .map(parts -> Map.entry(parts[0].strip(), words(parts[1])));
  }

  private static Set<String> words(String text) {
    return text.isBlank() ? Set.of() : Set.of(text.strip().split(" "));
  }

  private static JavaClasses classes() {
    return new ClassFileImporter()
        .importLocations(
            Set.of(
                Location.of(
                    ModuleLayer.boot()
                        .configuration()
                        .findModule(ROOT)
                        .orElseThrow()
                        .reference()
                        .location()
                        .orElseThrow())));
  }
}
