package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cyclonedx.Version;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Dependency;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SBOM, beside what is in the image. */
@KernelTest
final class SbomTest {
  private static final Path IMAGE = Path.of(System.getProperty("image"));
  private static final Path MODULES = Path.of(System.getProperty("modules"));

  /** What the image itself makes, and what is no program. */
  private static final String NOT_EXECUTED =
      "bin/conntrack-exporter|conf/.*|legal/.*|release|lib/.*\\.(aot|jsa|options|cfg|dat)"
          + "|lib/security/.*";

  @TempDir private static Path folder;
  private static Path file;
  private static Bom bom;

  @BeforeAll
  static void make() throws Exception {
    Path maven = Path.of("target/bom.json");
    Tool.requireFile(maven, "'make test' and 'make dist' make it, by Maven's profile sbom");
    file = folder.resolve("sbom.json");
    try (Namespace namespace = Namespace.create()) {
      String text =
          Script.run(
              namespace, "scripts/sbom.sh", System.getProperty("java.home"), MODULES, IMAGE, maven);
      Files.writeString(file, text);
    }
    bom = new JsonParser().parse(file.toFile());
  }

  @Test
  void itIsValidAndNamesTheProgram() throws Exception {
    assertThat(new JsonParser().validate(file.toFile(), Version.VERSION_15)).isEmpty();
    Component program = bom.getMetadata().getComponent();
    assertThat(program.getName()).isEqualTo("conntrack-exporter");
    assertThat(program.getVersion()).isEqualTo(System.getProperty("version"));
    assertThat(Files.readString(file)).doesNotContain("\"packaging\"", "/packaging@");
  }

  @Test
  void eachJarIsAComponentWithHashAndLicence() throws IOException {
    try (Stream<Path> jars = Files.list(MODULES)) {
      assertThat(bom.getComponents())
          .filteredOn(component -> component.getHashes() != null)
          .extracting(component -> component.getName() + "-" + component.getVersion() + ".jar")
          .containsExactlyInAnyOrderElementsOf(jars.map(jar -> jar.getFileName() + "").toList());
    }
    assertThat(bom.getComponents())
        .allSatisfy(component -> {
          assertThat(component.getLicenses()).as(component.getName()).isNotNull();
          assertThat(component.getPurl()).matches("pkg:(maven/[^/]+/.+@.+|generic/.+)");
        });
  }

  @Test
  void eachModuleOfTheImageIsInIt() throws IOException {
    List<String> ofLibraries =
        ModuleFinder.of(MODULES).findAll().stream()
            .map(ModuleReference::descriptor)
            .map(module -> module.name())
            .toList();
    List<String> ofRuntime =
        runtime().getComponents().stream()
            .filter(part -> part.getBomRef().startsWith("module:"))
            .map(Component::getName)
            .toList();
    String release = Files.readString(IMAGE.resolve("release"));
    String linked = release.replaceFirst("(?s).*MODULES=\"([^\"]*)\".*", "$1");
    assertThat(Stream.concat(ofLibraries.stream(), ofRuntime.stream()))
        .containsExactlyInAnyOrder(linked.split(" ", -1));
  }

  @Test
  void theRuntimeHasItsVersionVendorLicenceFilesAndWhatIsInIt() throws Exception {
    Component runtime = runtime();
    assertThat(runtime.getVersion()).isEqualTo(System.getProperty("java.runtime.version"));
    assertThat(runtime.getSupplier().getName()).isEqualTo(System.getProperty("java.vendor"));
    assertThat(runtime.getPurl()).startsWith("pkg:generic/openjdk@" + Runtime.version().feature());
    assertThat(runtime.getLicenses().getExpression().getValue())
        .isEqualTo("GPL-2.0-only WITH Classpath-exception-2.0");
    // A JDK of Debian takes the system's zlib.
    String inside = Files.exists(IMAGE.resolve("legal/java.base/zlib.md")) ? "zlib" : "SipHash";
    assertThat(runtime.getComponents()).extracting(Component::getName).contains(inside);
    Map<String, String> told =
        runtime.getComponents().stream()
            .filter(part -> part.getType() == Component.Type.FILE)
            .collect(
                Collectors.toMap(
                    Component::getName, part -> part.getHashes().getFirst().getValue()));
    assertThat(new TreeMap<>(told)).isEqualTo(executed());
  }

  /** Hashes by the names of the files. */
  private static Map<String, String> executed() throws Exception {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(IMAGE)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        String name = IMAGE.relativize(each).toString();
        if (!name.matches(NOT_EXECUTED)) {
          byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(each));
          hashes.put(name, HexFormat.of().formatHex(hash));
        }
      }
    }
    return hashes;
  }

  private static Component runtime() {
    return component("openjdk");
  }

  private static Component component(String name) {
    return bom.getComponents().stream()
        .filter(component -> component.getName().equals(name))
        .findAny()
        .orElseThrow();
  }

  @Test
  void whatIsInsideALibraryAndWhatTheHostBringsIsNamed() {
    assertThat(dependsOn("prometheus-metrics-exposition-formats"))
        .anyMatch(
            reference -> reference.startsWith("pkg:maven/com.google.protobuf/protobuf-java@"));
    assertThat(dependsOn("jackson-core"))
        .anyMatch(reference -> reference.startsWith("pkg:maven/ch.randelshofer/fastdoubleparser@"));
    assertThat(dependsOn("spring-security-crypto")).contains("pkg:generic/jbcrypt");
    assertThat(dependsOn(bom.getMetadata().getComponent()))
        .contains(
            runtime().getBomRef(),
            component("libnetfilter_conntrack").getBomRef(),
            component("libmnl").getBomRef(),
            component("libnfnetlink").getBomRef(),
            component("glibc").getBomRef());
  }

  private static List<String> dependsOn(String name) {
    return dependsOn(component(name));
  }

  private static List<String> dependsOn(Component component) {
    return bom.getDependencies().stream()
        .filter(dependency -> dependency.getRef().equals(component.getBomRef()))
        .flatMap(dependency -> dependency.getDependencies().stream())
        .map(Dependency::getRef)
        .toList();
  }

  /** A library that brings another one in must not go unseen. */
  @Test
  void noOtherLibraryHasPackagesOfAnother() throws Exception {
    for (ModuleReference module : ModuleFinder.of(MODULES).findAll()) {
      assertThat(module.descriptor().packages())
          .as(module.descriptor().name())
          .filteredOn(
              name -> name.matches(".*\\.(shaded|external|repackaged|internal\\.shaded)\\..*"))
          .allMatch(name ->
              name.matches(
                  "io\\.prometheus\\.metrics\\.shaded\\.com_google_protobuf_.*"
                      + "|com\\.fasterxml\\.jackson\\.core\\.internal\\.shaded\\.fdp\\..*"
                      + "|org\\.snakeyaml\\.engine\\.external\\.com\\.google\\.gdata\\..*"));
    }
  }
}
