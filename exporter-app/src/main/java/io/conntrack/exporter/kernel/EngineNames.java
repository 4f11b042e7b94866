package io.conntrack.exporter.kernel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.conntrack.exporter.terms.NamespacePattern;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.tinylog.Logger;

/**
 * What container engines call the network namespaces whose files have a hash for a name. It reads
 * the engines' own state, plain files that only root may read:
 *
 * <pre>
 * podman  /run/netns/netns-UUID   the container's name, of /var/lib/containers/storage
 * docker  /run/docker/netns/HASH  the container's name, of /var/lib/docker/containers
 * CNI     /run/netns/cni-UUID     the pod's namespace/name, of /var/lib/cni/results
 * </pre>
 *
 * <p>If that state cannot be read, or tells nothing, the hash stays. A name that was found stays as
 * long as its file. Belongs to one thread.
 */
final class EngineNames {
  private static final Pattern HASHED =
      Pattern.compile("/run/(netns/(netns|cni)-[0-9a-f-]{36}|docker/netns/[0-9a-f]{12})");

  /** An engine writes its state some moments after the namespace is there. */
  private static final int MOST_LOOKS = 10;

  /** The exporter reads no more than this. A container's state has some 10 kB. */
  private static final int MOST_BYTES = 1 << 20;

  private static final int MOST_FILES = 2_000;

  private final Path root;
  private final Map<Path, String> names = new HashMap<>();
  private final Map<Path, Integer> looks = new HashMap<>();
  private final Set<Path> told = new HashSet<>();

  /** For the engines of the host whose root folder this is. */
  EngineNames(Path root) {
    this.root = root;
  }

  /**
   * Reads what engines tell, if there is a file among these that they may name.
   *
   * @param paths all that there are now; what was known of others is forgotten
   */
  void look(Set<Path> paths) {
    names.keySet().retainAll(paths);
    looks.keySet().retainAll(paths);
    List<Path> unnamed =
        paths.stream()
            .filter(path -> HASHED.matcher(plain(path.toString())).matches())
            .filter(path -> !names.containsKey(path))
            .filter(path -> looks.merge(path, 1, Integer::sum) <= MOST_LOOKS)
            .toList();
    if (!unnamed.isEmpty()) {
      Map<String, String> all = all();
      for (Path path : unnamed) {
        String name = all.getOrDefault(plain(path.toString()), "");
        if (NamespacePattern.isName(name)) {
          names.put(path, name);
        }
      }
    }
  }

  /** The name of the namespace with this file; empty if no engine tells one. */
  String name(Path path) {
    return names.getOrDefault(path, "");
  }

  private static String plain(String path) {
    return path.replaceFirst("^/var/run/", "/run/");
  }

  /** The names by the paths of the namespaces' files. */
  Map<String, String> all() {
    Map<String, String> all = new HashMap<>();
    for (String driver : new String[] {"overlay", "vfs", "btrfs", "zfs"}) {
      podman(root.resolve("var/lib/containers/storage/" + driver + "-containers"), all);
    }
    for (Path folder : list(root.resolve("var/lib/docker/containers"))) {
      docker(folder.resolve("config.v2.json"), all);
    }
    for (Path file : list(root.resolve("var/lib/cni/results"))) {
      cni(file, all);
    }
    return all;
  }

  /** A list of ids and names, and of each container the OCI configuration. */
  private void podman(Path folder, Map<String, String> all) {
    Map<String, String> list = strings(folder.resolve("containers.json"));
    for (int i = 0; i < MOST_FILES && list.containsKey("/" + i + "/id"); i++) {
      // Of the file's words none may lead elsewhere.
      String id = list.get("/" + i + "/id");
      if (id.matches("[0-9a-f]{1,64}")) {
        Map<String, String> configuration =
            strings(folder.resolve(id).resolve("userdata/config.json"));
        String path = networkNamespace(configuration);
        all.putIfAbsent(plain(path), list.getOrDefault("/" + i + "/names/0", ""));
      }
    }
  }

  private static String networkNamespace(Map<String, String> configuration) {
    for (int i = 0; configuration.containsKey("/linux/namespaces/" + i + "/type"); i++) {
      String namespace = "/linux/namespaces/" + i;
      if (configuration.get(namespace + "/type").equals("network")) {
        return configuration.getOrDefault(namespace + "/path", "");
      }
    }
    return "";
  }

  private void docker(Path file, Map<String, String> all) {
    Map<String, String> container = strings(file);
    String name = container.getOrDefault("/Name", "");
    String path = container.getOrDefault("/NetworkSettings/SandboxKey", "");
    all.putIfAbsent(plain(path), name.startsWith("/") ? name.substring(1) : name);
  }

  private void cni(Path file, Map<String, String> all) {
    Map<String, String> result = strings(file);
    Map<String, String> arguments = new HashMap<>();
    for (int i = 0; result.containsKey("/cniArgs/" + i + "/0"); i++) {
      arguments.put(
          result.get("/cniArgs/" + i + "/0"), result.getOrDefault("/cniArgs/" + i + "/1", ""));
    }
    String pod = arguments.getOrDefault("K8S_POD_NAME", "");
    String namespace = arguments.getOrDefault("K8S_POD_NAMESPACE", "");
    all.putIfAbsent(
        plain(result.getOrDefault("/netns", "")),
        namespace.isEmpty() || namespace.equals(pod) ? pod : namespace + "/" + pod);
  }

  private List<Path> list(Path folder) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      for (Path file : stream) {
        if (files.size() < MOST_FILES) {
          files.add(file);
        }
      }
    } catch (IOException e) {
      tell(folder, e);
    }
    return files;
  }

  /** The texts of a JSON file by their JSON pointers. Empty if the file cannot be read. */
  private Map<String, String> strings(Path file) {
    Map<String, String> strings = new HashMap<>();
    try (InputStream stream = Files.newInputStream(file);
        JsonParser json = new JsonFactory().createParser(stream.readNBytes(MOST_BYTES))) {
      while (json.nextToken() != null) {
        if (json.currentToken() == JsonToken.VALUE_STRING) {
          strings.put(json.getParsingContext().pathAsPointer().toString(), json.getText());
        }
      }
    } catch (IOException e) {
      tell(file, e);
    }
    return strings;
  }

  /**
   * The log tells once of an engine whose files may not be read. It does not tell of an engine that
   * is not installed.
   */
  private void tell(Path file, IOException reason) {
    if (!(reason instanceof AccessDeniedException)) {
      Logger.debug("{} names no network namespace: {}", file, reason.toString());
      return;
    }
    Path relative = root.relativize(file);
    Path engine = relative.subpath(0, Math.min(3, relative.getNameCount()));
    if (told.add(engine)) {
      Logger.info(
          "Network namespaces of containers keep their hashes as names. Only root may read"
              + " /{}, which has better names. --netns=NAME=PATH names one",
          engine);
    }
  }
}
