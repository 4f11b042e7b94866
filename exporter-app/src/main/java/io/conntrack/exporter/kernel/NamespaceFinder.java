package io.conntrack.exporter.kernel;

import io.conntrack.exporter.terms.LogLimit;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tinylog.Logger;

/**
 * Finds the network namespaces that {@code --netns} asks for, by their names, which label their
 * series. Belongs to one thread: the reader, or that of {@code check}.
 *
 * <p>If several paths lead to one namespace, the first counts, in the order of the options and then
 * of the names. The own namespace is not among them. A namespace is left out if it cannot be read,
 * or if another one has its name.
 */
public final class NamespaceFinder {
  private final List<NamespacePattern> patterns;
  private final NetworkNamespace.Id own;

  /** What was logged, and is still so. */
  private Set<String> told = Set.of();

  /**
   * What a pattern matched when its folder could last be read: it may not be for a moment, when no
   * more files can be opened, and what is there is not gone by that.
   */
  private final Map<NamespacePattern, List<Path>> last = new HashMap<>();

  /** By pattern: its files may come and go all the time. */
  private final Map<NamespacePattern, LogLimit> missingLog = new HashMap<>();

  private final EngineNames engineNames = new EngineNames(Path.of("/"));

  /** For the namespace of the calling thread. */
  public NamespaceFinder(List<NamespacePattern> patterns) throws ConntrackException {
    this.patterns = patterns;
    this.own = NetworkNamespace.ownId();
  }

  /**
   * What there is now.
   *
   * @param namespaces by their names
   * @param refused files that are left out, each with a sentence that says why
   * @param missing patterns that match no file, each with a sentence that says so
   */
  public record Found(
      SortedMap<String, NetworkNamespace> namespaces,
      Map<Path, String> refused,
      Map<NamespacePattern, String> missing) {}

  /** Finds those that are there now. */
  public Found find() {
    Found found = new Found(new TreeMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    Map<Path, NamespacePattern> paths = paths(found);
    engineNames.look(paths.keySet());
    Set<NetworkNamespace.Id> known = new HashSet<>(Set.of(own));
    paths.forEach((path, pattern) -> add(path, pattern, found, known));
    return found;
  }

  /**
   * The paths that the patterns match, in the order of the patterns. A path belongs to the first
   * pattern that matches it.
   */
  private Map<Path, NamespacePattern> paths(Found found) {
    Map<Path, NamespacePattern> all = new LinkedHashMap<>();
    for (NamespacePattern pattern : patterns) {
      try {
        List<Path> paths = pattern.paths();
        last.put(pattern, paths);
        paths.forEach(path -> all.putIfAbsent(path, pattern));
        if (paths.isEmpty()) {
          found.missing.put(
              pattern, "--netns=" + pattern + " matches nothing now: " + ProcMount.reason(pattern));
        }
      } catch (IOException e) {
        found.refused.put(
            pattern.folder(), "--netns=" + pattern + " cannot be looked at: " + reason(e));
        last.getOrDefault(pattern, List.of()).forEach(path -> all.putIfAbsent(path, pattern));
      }
    }
    return all;
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "permission denied";
      case FileSystemException failed when failed.getReason() != null -> failed.getReason();
      default -> e.toString();
    };
  }

  /** The same. Also logs what is left out or missing, once as long as it stays so. */
  public Found findAndLog() {
    Found found = find();
    Set<String> now = new HashSet<>(found.refused.values());
    now.stream()
        .filter(complaint -> !told.contains(complaint))
        .sorted(Comparator.naturalOrder())
        .forEach(complaint -> Logger.warn("{}", complaint));
    found.missing.forEach((pattern, complaint) -> {
      if (told.contains(complaint) || mayLogMissing(pattern)) {
        now.add(complaint);
      }
      if (now.contains(complaint) && !told.contains(complaint)) {
        Logger.warn("{}", complaint);
      }
    });
    told = now;
    return found;
  }

  private boolean mayLogMissing(NamespacePattern pattern) {
    return missingLog
        .computeIfAbsent(pattern, each -> new LogLimit())
        .allows(MonotonicClock.nowMs());
  }

  /** An operator's name goes before an engine's name. No two namespaces get the same one. */
  private String name(Path path, NamespacePattern pattern, Found found) {
    String engines = pattern.givenName().isEmpty() ? engineNames.name(path) : "";
    return engines.isEmpty() || found.namespaces.containsKey(engines)
        ? pattern.label(path)
        : engines;
  }

  private void add(
      Path path, NamespacePattern pattern, Found found, Set<NetworkNamespace.Id> known) {
    try {
      NetworkNamespace namespace = NetworkNamespace.at(path, name(path, pattern, found));
      String name = namespace.name();
      if (known.contains(namespace.id())) {
        return;
      }
      if (!NamespacePattern.isName(name)) {
        found.refused.put(
            path,
            "netns="
                + path
                + " is skipped: as a label its name must be 1 to 64 printable ASCII"
                + " characters, without quotes and backslashes");
      } else if (found.namespaces.putIfAbsent(name, namespace) == null) {
        known.add(namespace.id());
      } else {
        found.refused.put(
            path,
            "netns="
                + path
                + " is skipped: "
                + found.namespaces.get(name)
                + " has the same name, and the label netns could not tell them apart."
                + " --netns=NAME="
                + path
                + " gives it another one");
      }
    } catch (ConntrackException e) {
      found.refused.put(path, e.getMessage() + ProcMount.remedy(path) + ". It is skipped");
    }
  }
}
