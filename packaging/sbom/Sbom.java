import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * Prints the SBOM of the program: what Maven told of its libraries, and what Maven does not know:
 * the Java runtime and what is in it, what a library has inside under another package name, and the
 * C libraries of the host. sbom.sh runs it.
 *
 * <pre>java -cp jackson-core.jar Sbom.java JDK MODULES IMAGE BOM</pre>
 */
final class Sbom {
  /** The client's protobuf lies in a package that is named after its version. */
  private static final Pattern PROTOBUF =
      Pattern.compile(".*/shaded/com_google_protobuf_(\\d+)_(\\d+)_(\\d+)/$");

  private static final Pattern FAST_DOUBLE_PARSER =
      Pattern.compile("<artifactId>fastdoubleparser</artifactId>\\s*<version>([^<]+)</version>");

  /** As in the folder legal of the runtime: {@code ## zlib v1.3.2}. */
  private static final Pattern PART =
      Pattern.compile("(?m)^## (.+?)(?:[ ,]+(?:Version |v)?(\\d[\\w.-]*))?$");

  private static final String NOT_INCLUDED = "Called at run time and not included: ";

  private final Path jdkRelease;
  private final Path modules;
  private final Path image;
  private final Map<String, Object> bom;

  /** What is added. */
  private final List<Object> components = new ArrayList<>();

  /** What is added to what each depends on. */
  private final Map<String, List<Object>> inside = new LinkedHashMap<>();

  private Sbom(Path jdkRelease, Path modules, Path image, Map<String, Object> bom) {
    this.jdkRelease = jdkRelease;
    this.modules = modules;
    this.image = image;
    this.bom = bom;
  }

  public static void main(String[] words) throws IOException {
    Sbom sbom =
        new Sbom(Path.of(words[0]), Path.of(words[1]), Path.of(words[2]), read(Path.of(words[3])));
    sbom.complete();
    JsonGenerator out = new JsonFactory().createGenerator(System.out);
    out.setPrettyPrinter(new DefaultPrettyPrinter());
    write(sbom.bom, out);
    out.close();
  }

  private void complete() throws IOException {
    Map<String, Object> program = object(object(bom.get("metadata")).get("component"));
    String reference = (String) program.get("bom-ref");
    program.put("description", "Prometheus exporter of a host's connections by remote endpoint");
    program.put("licenses", licence("Apache-2.0"));
    tools(object(bom.get("metadata")));
    runtime(reference);
    insideLibraries();
    hostLibraries(reference);
    for (Object each : list(bom.get("components"))) {
      if ("org.jline".equals(object(each).get("group"))) {
        object(each).put("licenses", licence("BSD-3-Clause")); // Maven guesses from "BSD"
      }
    }
    list(bom.get("components")).addAll(0, components);
    for (Object each : list(bom.get("dependencies"))) {
      Map<String, Object> dependency = object(each);
      List<Object> added = inside.remove((String) dependency.get("ref"));
      if (added != null) {
        dependency.put(
            "dependsOn", Stream.concat(on(dependency).stream(), added.stream()).toList());
      }
    }
    if (!inside.isEmpty()) {
      throw new IOException("The BOM has no dependencies of " + inside.keySet());
    }
    // Maven's last module has another name than the program.
    strings(
        bom,
        text ->
            text.equals("packaging")
                ? "conntrack-exporter"
                : text.replace("io.conntrack/packaging@", "io.conntrack/conntrack-exporter@"));
  }

  /** In the older of the two forms of version 1.5: some scanners fail at the other. */
  private static void tools(Map<String, Object> metadata) {
    List<Object> tools = new ArrayList<>();
    for (Object each : list(object(metadata.get("tools")).get("components"))) {
      Map<String, Object> tool = map("name", object(each).get("name"));
      tool.put("version", object(each).get("version"));
      tools.add(tool);
    }
    metadata.put("tools", tools);
  }

  private static List<Object> on(Map<String, Object> dependency) {
    return list(dependency.getOrDefault("dependsOn", List.of()));
  }

  private void add(String parent, Map<String, Object> component) {
    components.add(component);
    inside.computeIfAbsent(parent, key -> new ArrayList<>()).add(component.get("bom-ref"));
  }

  private static Map<String, Object> component(
      String type, String name, String version, String purl) {
    Map<String, Object> component = new LinkedHashMap<>();
    component.put("type", type);
    component.put("bom-ref", purl);
    component.put("name", name);
    if (!version.isEmpty()) {
      component.put("version", version);
    }
    component.put("scope", "required");
    component.put("purl", purl);
    return component;
  }

  // The Java runtime.

  private void runtime(String program) throws IOException {
    String release = Files.readString(jdkRelease);
    String version = found("JAVA_VERSION=\"([^\"]+)\"", Files.readString(image.resolve("release")));
    String full = found("JAVA_RUNTIME_VERSION=\"([^\"]+)\"", release);
    if (!full.startsWith(version)) {
      throw new IOException("The JDK is " + full + ", and the runtime of the program " + version);
    }
    String vendor = found("IMPLEMENTOR=\"([^\"]+)\"", release);
    Map<String, Object> runtime =
        component("platform", "openjdk", full, "pkg:generic/openjdk@" + full.replace("+", "%2B"));
    runtime.put("supplier", map("name", vendor));
    runtime.put("description", "The Java runtime in the folder of the program, linked by jlink");
    runtime.put("licenses", licence("GPL-2.0-only WITH Classpath-exception-2.0"));
    runtime.put("cpe", "cpe:2.3:a:oracle:openjdk:" + version + ":*:*:*:*:*:*:*");
    List<Object> parts = new ArrayList<>();
    for (String module :
        found("MODULES=\"([^\"]+)\"", Files.readString(image.resolve("release"))).split(" ")) {
      if (module.matches("(java|jdk)\\..*")) {
        Map<String, Object> part = component("library", module, version, "");
        part.put("bom-ref", "module:" + module);
        part.remove("purl");
        parts.add(part);
      }
    }
    parts.addAll(thirdParties());
    parts.addAll(files());
    runtime.put("components", parts);
    add(program, runtime);
  }

  /** What the runtime itself has of others, as its folder legal tells. */
  private List<Object> thirdParties() throws IOException {
    List<Object> parts = new ArrayList<>();
    for (Path file : files(image.resolve("legal"), "*/*.md")) {
      for (MatchResult part : PART.matcher(Files.readString(file)).results().toList()) {
        String name = part.group(1);
        String version = part.group(2) == null ? "" : part.group(2);
        String id = file.getFileName().toString().replace(".md", "");
        String purl = "pkg:generic/" + id + (version.isEmpty() ? "" : "@" + version);
        Map<String, Object> component = component("library", name, version, purl);
        component.put(
            "licenses", List.of(map("license", map("name", "As in " + image.relativize(file)))));
        parts.add(component);
      }
    }
    return parts;
  }

  /** What is executed, with its hash. AOT caches are made anew by each build. */
  private List<Object> files() throws IOException {
    List<Object> found = new ArrayList<>();
    List<Path> files = new ArrayList<>(files(image.resolve("bin"), "java"));
    files.addAll(files(image.resolve("lib"), "{*.so,*/*.so,modules,jexec,jspawnhelper}"));
    for (Path file : files) {
      Map<String, Object> component = new LinkedHashMap<>();
      component.put("type", "file");
      component.put("bom-ref", "file:" + image.relativize(file));
      component.put("name", image.relativize(file).toString());
      Map<String, Object> hash = map("alg", "SHA-256");
      hash.put("content", sha256(file));
      component.put("hashes", List.of(hash));
      found.add(component);
    }
    return found;
  }

  private static List<Path> files(Path folder, String pattern) throws IOException {
    var matcher = folder.getFileSystem().getPathMatcher("glob:" + folder + "/" + pattern);
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(matcher::matches).filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("each JDK has it", e);
    }
  }

  // What libraries have inside.

  private void insideLibraries() throws IOException {
    Path formats = jar("prometheus-metrics-exposition-formats");
    String protobuf = "";
    try (ZipFile jar = new ZipFile(formats.toFile())) {
      protobuf =
          jar.stream()
              .map(entry -> PROTOBUF.matcher(entry.getName()))
              .filter(Matcher::matches)
              .map(name -> String.join(".", name.group(1), name.group(2), name.group(3)))
              .findFirst()
              .orElseThrow(() -> new IOException("protobuf is not where it was in " + formats));
    }
    insideOf(
        "prometheus-metrics-exposition-formats",
        "com.google.protobuf",
        "protobuf-java",
        protobuf,
        "BSD-3-Clause");
    Path jackson = jar("jackson-core");
    String pom = entry(jackson, "META-INF/maven/com.fasterxml.jackson.core/jackson-core/pom.xml");
    String parser = found(FAST_DOUBLE_PARSER.pattern(), pom);
    insideOf("jackson-core", "ch.randelshofer", "fastdoubleparser", parser, "MIT");
    entry(jackson, "META-INF/Schubfach-LICENSE");
    copied("jackson-core", "schubfach", "Schubfach of Raffaello Giulietti", "MIT");
    entry(
        jar("snakeyaml-engine"),
        "org/snakeyaml/engine/external/com/google/gdata/util/common/base/PercentEscaper.class");
    copied(
        "snakeyaml-engine",
        "gdata-java-client",
        "Escapers of Google's gdata-java-client",
        "Apache-2.0");
    entry(jar("spring-security-crypto"), "org/springframework/security/crypto/bcrypt/BCrypt.class");
    copied("spring-security-crypto", "jbcrypt", "jBCrypt of Damien Miller", "ISC");
  }

  /** Under another package name, with a version that is known. */
  private void insideOf(String library, String group, String name, String version, String licence) {
    Map<String, Object> part =
        component("library", name, version, "pkg:maven/" + group + "/" + name + "@" + version);
    part.put("group", group);
    part.put("description", "Inside " + library + ", under another package name");
    part.put("licenses", licence(licence));
    add(reference(library), part);
  }

  /** Source that was copied from a version that nobody tells. */
  private void copied(String library, String id, String name, String licence) {
    Map<String, Object> part = component("library", name, "", "pkg:generic/" + id);
    part.put("description", "Source copied into " + library);
    part.put("licenses", licence(licence));
    add(reference(library), part);
  }

  private String reference(String library) {
    return list(bom.get("components")).stream()
        .map(Sbom::object)
        .filter(component -> component.get("name").equals(library))
        .map(component -> (String) component.get("bom-ref"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("The BOM has no " + library));
  }

  private Path jar(String name) throws IOException {
    List<Path> jars = files(modules, name + "-[0-9]*.jar");
    if (jars.size() != 1) {
      throw new IOException(modules + " has " + jars + " for " + name);
    }
    return jars.getFirst();
  }

  private static String entry(Path file, String name) throws IOException {
    try (ZipFile jar = new ZipFile(file.toFile())) {
      if (jar.getEntry(name) == null) {
        throw new IOException(file + " has no " + name + " any more");
      }
      return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes());
    }
  }

  private static String found(String pattern, String text) throws IOException {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    if (!matcher.find()) {
      throw new IOException("There is no " + pattern + " where it was");
    }
    return matcher.group(1);
  }

  // The C libraries.

  private void hostLibraries(String program) {
    hostLibrary(
        program, "libnetfilter_conntrack", "libnetfilter_conntrack.so.3", "GPL-2.0-or-later");
    hostLibrary(program, "libmnl", "libmnl.so.0", "LGPL-2.1-or-later");
    hostLibrary(program, "libnfnetlink", "libnfnetlink.so.0", "GPL-2.0-only");
    hostLibrary(program, "glibc", "libc.so.6", "LGPL-2.1-or-later");
  }

  private void hostLibrary(String program, String name, String soname, String licence) {
    Map<String, Object> library = component("library", name, "", "pkg:generic/" + name);
    library.put("description", NOT_INCLUDED + soname + " of the host");
    library.put("licenses", licence(licence));
    add(program, library);
  }

  private static List<Object> licence(String spdx) {
    return spdx.contains(" ")
        ? List.of(map("expression", spdx))
        : List.of(map("license", map("id", spdx)));
  }

  // JSON, as maps, lists and values.

  private static Map<String, Object> map(String name, Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(name, value);
    return map;
  }

  private static Map<String, Object> read(Path file) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(Files.readString(file))) {
      parser.nextToken();
      return object(value(parser));
    }
  }

  private static Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          object.put(name, value(parser));
        }
        yield object;
      }
      case START_ARRAY -> {
        List<Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT -> parser.getIntValue();
      case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
      default -> throw new IOException("The BOM has " + parser.currentToken());
    };
  }

  private static void write(Object value, JsonGenerator out) throws IOException {
    switch (value) {
      case Map<?, ?> object -> {
        out.writeStartObject();
        for (Map.Entry<?, ?> entry : object.entrySet()) {
          out.writeFieldName((String) entry.getKey());
          write(entry.getValue(), out);
        }
        out.writeEndObject();
      }
      case List<?> list -> {
        out.writeStartArray();
        for (Object each : list) {
          write(each, out);
        }
        out.writeEndArray();
      }
      case String text -> out.writeString(text);
      case Integer number -> out.writeNumber(number);
      case Boolean truth -> out.writeBoolean(truth);
      default -> throw new IOException("No JSON: " + value);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  /** Changes all texts of a map or list. */
  private static Object strings(Object value, UnaryOperator<String> change) {
    return switch (value) {
      case String text -> change.apply(text);
      case LinkedHashMap<?, ?> object -> {
        object(object).replaceAll((name, each) -> strings(each, change));
        yield object;
      }
      case ArrayList<?> list -> {
        list(list).replaceAll(each -> strings(each, change));
        yield list;
      }
      case List<?> list -> list.stream().map(each -> strings(each, change)).toList();
      default -> value;
    };
  }
}
