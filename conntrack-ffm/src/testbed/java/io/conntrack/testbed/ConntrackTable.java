package io.conntrack.testbed;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The kernel's table as the {@code conntrack} command shows it: the independent witness of what the
 * product says. All protocols, both address families; entries that have expired are left out.
 *
 * @param entries in the order of the command's output; while the table changes, an entry may be
 *     missing or come twice
 */
public record ConntrackTable(List<ConntrackEntry> entries) {
  /** Reads the table of a namespace: about a second for 100,000 entries. */
  public static ConntrackTable of(Namespace namespace) {
    String output = namespace.sh("conntrack -L -o extended");
    return new ConntrackTable(output.lines().map(ConntrackEntry::parse).toList());
  }

  public int size() {
    return entries.size();
  }

  /** The entries of TCP. */
  public Stream<ConntrackEntry> tcp() {
    return entries.stream().filter(entry -> entry.original().protocol() == Tuple.TCP);
  }

  /** How many TCP entries are in each state; states without any are absent. */
  public Map<TcpState, Long> tcpStates() {
    return tcp()
        .collect(
            Collectors.groupingBy(entry -> TcpState.valueOf(entry.state()), Collectors.counting()));
  }

  /** The entries by original tuple; a tuple that is in more than one zone is an error. */
  public Map<Tuple, ConntrackEntry> byOriginal() {
    return entries.stream()
        .collect(Collectors.toMap(ConntrackEntry::original, Function.identity()));
  }
}
