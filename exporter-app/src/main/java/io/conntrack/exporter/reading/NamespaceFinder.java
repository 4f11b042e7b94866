package io.conntrack.exporter.reading;

import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.tinylog.Logger;

/**
 * Finds the network namespaces that {@code --netns} asks for, by their names, which label their
 * series: the last part of a path. Belongs to the reading thread.
 *
 * <p>Of several paths to one namespace the first counts, in the order of the options and then of
 * the names; the own namespace is no other. What can't be read, or can't be told from another by
 * its name, is left out, and the log says so once, as long as it stays.
 */
final class NamespaceFinder {
  /** What no format has to escape. */
  private static final Pattern NAME = Pattern.compile("[ -~&&[^\"\\\\]]+");

  private final List<NamespacePattern> patterns;
  private final NetworkNamespace.Id own;
  private Set<String> told = Set.of();

  /** For the namespace of the calling thread. */
  NamespaceFinder(List<NamespacePattern> patterns) throws ConntrackException {
    this.patterns = patterns;
    this.own = NetworkNamespace.ownId();
  }

  /** Those that are there now. */
  SortedMap<String, NetworkNamespace> find() {
    SortedMap<String, NetworkNamespace> found = new TreeMap<>();
    Set<NetworkNamespace.Id> known = new HashSet<>(Set.of(own));
    Set<String> complaints = new HashSet<>();
    for (NamespacePattern pattern : patterns) {
      try {
        for (Path path : pattern.paths()) {
          add(path, found, known, complaints);
        }
      } catch (IOException e) {
        complaints.add("--netns=" + pattern + " cannot be looked at: " + e);
      }
    }
    complaints.stream()
        .filter(complaint -> !told.contains(complaint))
        .forEach(complaint -> Logger.warn("{}", complaint));
    told = complaints;
    return found;
  }

  private static void add(
      Path path,
      SortedMap<String, NetworkNamespace> found,
      Set<NetworkNamespace.Id> known,
      Set<String> complaints) {
    try {
      NetworkNamespace namespace = NetworkNamespace.at(path);
      String name = namespace.name();
      if (known.contains(namespace.id())) {
        return;
      }
      if (name.length() > NamespacePattern.LONGEST_NAME || !NAME.matcher(name).matches()) {
        complaints.add(
            "netns="
                + path
                + " is left out: its name must be 1 to 64 letters, digits and signs of"
                + " ASCII, without quotes and backslashes, to be a label");
      } else if (found.putIfAbsent(name, namespace) == null) {
        known.add(namespace.id());
      } else {
        complaints.add(
            "netns="
                + path
                + " is left out: "
                + found.get(name)
                + " has the same name, so that"
                + " the label netns could not tell them apart");
      }
    } catch (ConntrackException e) {
      complaints.add(e.getMessage() + ". It is left out");
    }
  }
}
