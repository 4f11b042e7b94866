package io.conntrack.exporter.names;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.exporter.files.FileWatch;
import io.conntrack.exporter.terms.HostPattern;
import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.UsageException;
import java.util.List;
import java.util.Optional;

/**
 * Names for addresses, from the sources of {@code --names}, in their order. Any thread may ask, and
 * never waits: what DNS has not told yet has no name.
 */
public final class Names implements AutoCloseable {
  private final List<NameSource> sources;
  private final NameFiles files;

  /** Null unless DNS is asked. */
  private final DnsNames dns;

  private Names(List<NameSource> sources, NameFiles files, DnsNames dns) {
    this.sources = sources;
    this.files = files;
    this.dns = dns;
  }

  /**
   * Reads the files. Nobody is asked before {@link #follow}.
   *
   * @throws UsageException if a file is wrong
   */
  public static Names open(List<NameSource> sources) throws UsageException {
    return open(sources, FileWatch.PERIOD_MS);
  }

  /** The same, with another time between two looks at the files. */
  public static Names open(List<NameSource> sources, long periodMs) throws UsageException {
    List<NameSource> files = sources.stream().filter(source -> !source.isDns()).toList();
    DnsNames dns =
        sources.contains(NameSource.DNS)
            ? new DnsNames(() -> DnsServers.read(DnsServers.PATH))
            : null;
    return new Names(List.copyOf(sources), NameFiles.open(files, periodMs), dns);
  }

  /** Without any source. */
  public static Names none() {
    try {
      return open(List.of());
    } catch (UsageException e) {
      throw new AssertionError("there is no file", e);
    }
  }

  /** From now on follows the files, and asks DNS servers, in threads of its own. */
  public void follow() {
    files.follow();
    if (dns != null) {
      dns.start();
    }
  }

  /** Has the files read again at once, changed or not. */
  public void readAgain() {
    files.readAgain();
  }

  public boolean isEmpty() {
    return sources.isEmpty();
  }

  /** Whether there is a file that can be read again. */
  public boolean hasFiles() {
    return sources.stream().anyMatch(source -> !source.isDns());
  }

  /**
   * The name of the address in a label, such as {@code 10.0.1.5:3306}, {@code [2001:db8::1]:443},
   * {@code 10.0.9.9} or {@code 10.1.2.0/24}; null if it has none, or is no address.
   */
  public String ofLabel(String label) {
    if (sources.isEmpty() || !mayBeAddress(label)) {
      return null;
    }
    try {
      return of(HostPattern.network(label));
    } catch (IllegalArgumentException e) {
      return null; // the name of a group
    }
  }

  /** Spares most names of groups an exception. */
  private static boolean mayBeAddress(String label) {
    char first = label.charAt(0);
    return first == '[' || first == ':' || Character.digit(first, 16) >= 0;
  }

  private String of(Network address) {
    for (NameSource source : sources) {
      String name = source.isDns() ? dns.name(address) : files.name(source, address);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  /** Empty without a file. */
  public Optional<NamesStatus> files() {
    return hasFiles() ? Optional.of(files.status()) : Optional.empty();
  }

  /** Empty unless DNS is asked. */
  public Optional<DnsStatus> dns() {
    return Optional.ofNullable(dns).map(DnsNames::status);
  }

  @Override
  public void close() {
    files.close();
    if (dns != null) {
      dns.close();
    }
  }
}
