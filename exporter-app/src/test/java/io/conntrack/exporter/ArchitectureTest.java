package io.conntrack.exporter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.eventlog.KernelTimes;
import io.conntrack.exporter.live.LiveTable;
import io.conntrack.exporter.reading.ReaderCounters;
import io.conntrack.exporter.rules.RulesStatus;
import io.conntrack.exporter.web.WebFile;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleDescriptor.Opens;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleReference;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The arrows between the modules, read from what was compiled: two leaves that know only java.base
 * and not each other, a daemon that joins them, and one package that knows C.
 */
final class ArchitectureTest {
  private static final String FFM = "io.conntrack.ffm";
  private static final String GENERATED = "io.conntrack.ffm.generated";
  private static final String AGGREGATOR = "io.conntrack.aggregator";
  private static final String EXPORTER = "io.conntrack.exporter";

  @ParameterizedTest
  @ValueSource(strings = {FFM, AGGREGATOR})
  void aLeafRequiresOnlyJavaBase(String leaf) {
    assertThat(required(leaf)).containsExactly("java.base");
  }

  @Test
  void theModuleOfCExportsAllButTheGeneratedPackage() {
    assertThat(exported(FFM))
        .containsExactlyInAnyOrder(
            FFM + ".message", FFM + ".request", FFM + ".socket", FFM + ".system");
  }

  @Test
  void theCountingModuleExportsWhatItsTrackerTakesAndGives() {
    assertThat(exported(AGGREGATOR))
        .containsExactlyInAnyOrder(
            AGGREGATOR,
            AGGREGATOR + ".flow",
            AGGREGATOR + ".remote",
            AGGREGATOR + ".snapshot",
            AGGREGATOR + ".state");
  }

  @ParameterizedTest
  @ValueSource(strings = {FFM, AGGREGATOR})
  void aLeafOpensNothing(String leaf) {
    ModuleDescriptor descriptor = descriptor(leaf);
    assertThat(descriptor.opens()).isEmpty();
    assertThat(descriptor.isOpen()).isFalse();
  }

  @Test
  void theDaemonRequiresTheLeavesAndItsLibrariesAlone() {
    assertThat(required(EXPORTER))
        .contains(FFM, AGGREGATOR)
        .allMatch(name ->
            name.matches(
                "java\\.base|jdk\\.httpserver|jdk\\.management|jdk\\.unsupported|io\\.conntrack\\..*|io\\.prometheus\\..*"
                    + "|info\\.picocli|com\\.fasterxml\\.jackson\\.core|org\\.snakeyaml\\.engine"
                    + "|org\\.jline\\..*"
                    + "|org\\.tinylog\\..*|spring\\.security\\.crypto"));
  }

  @Test
  void nothingDependsOnTheDaemonAndOnlyItsParserLooksInside() {
    ModuleDescriptor descriptor = descriptor(EXPORTER);
    assertThat(descriptor.exports())
        .extracting(Exports::toString)
        .containsExactly(EXPORTER + ".log to [org.tinylog.api]");
    assertThat(descriptor.isOpen()).isFalse();
    assertThat(descriptor.opens()).flatExtracting(Opens::targets).allMatch("info.picocli"::equals);
    assertThat(descriptor.opens()).allMatch(Opens::isQualified);
  }

  @Test
  void onlyTheHandWrittenPackagesTouchTheGeneratedOne() {
    noClasses()
        .that()
        .resideOutsideOfPackages(FFM + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(GENERATED)
        .check(classes());
  }

  /** The calls of C are linked in one room, the one upcall in another. */
  @Test
  void onlyTwoRoomsLinkToC() {
    noClasses()
        .that()
        .resideOutsideOfPackages(FFM + ".system", FFM + ".message", GENERATED)
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Linker.class, SymbolLookup.class)
        .check(classes());
  }

  /** Public for the other rooms of their module, which exports their packages for other classes. */
  @Test
  void whatIsPublicForTheRoomsOfOneModuleIsUsedByNoOther() {
    noClasses()
        .that()
        .resideOutsideOfPackages(FFM + "..")
        .should()
        .dependOnClassesThat()
        .haveNameMatching(
            FFM
                + "\\.(system\\.SystemCalls|message\\.(Netlink|MessageWalk|FlowMessages|FlowWalk)"
                + "|socket\\.(NetlinkSocket|DatagramBatch))(\\$.*)?")
        .check(classes());
  }

  /**
   * What they show; when something is due goes by a clock that does not jump. KernelTimes takes the
   * jumps off the kernel's own times.
   */
  @Test
  void onlyTimesThatAreShownComeFromTheWallClock() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(
            ReaderCounters.class,
            EventLog.class,
            KernelTimes.class,
            RulesStatus.class,
            WebFile.class,
            LiveTable.class)
        .and()
        .doNotHaveFullyQualifiedName("io.conntrack.exporter.names.NameFiles")
        .and()
        .doNotHaveFullyQualifiedName("io.conntrack.aggregator.endpoint.ShownEndpoints")
        .and()
        .resideOutsideOfPackage(EXPORTER + ".log")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Clock.class)
        .orShould()
        .callMethod(Instant.class, "now")
        .check(classes());
  }

  private static Set<String> exported(String module) {
    return descriptor(module).exports().stream().map(Exports::toString).collect(toSet());
  }

  private static Set<String> required(String module) {
    return descriptor(module).requires().stream().map(Requires::name).collect(toSet());
  }

  private static ModuleDescriptor descriptor(String module) {
    return reference(module).descriptor();
  }

  private static ModuleReference reference(String module) {
    return ModuleLayer.boot().configuration().findModule(module).orElseThrow().reference();
  }

  private static JavaClasses classes() {
    return new ClassFileImporter()
        .importLocations(
            Stream.of(FFM, AGGREGATOR, EXPORTER)
                .map(module -> Location.of(reference(module).location().orElseThrow()))
                .collect(toSet()));
  }
}
