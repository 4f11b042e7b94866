package io.conntrack.exporter.exposition;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The families that a scrape asks for by {@code name[]}. A name is that of a family or of one of
 * its series. Unknown names ask for nothing. Immutable.
 */
public final class FamilyFilter implements Predicate<String> {
  /** A scrape without names asks for all families. */
  public static final FamilyFilter ALL = new FamilyFilter(Set.of());

  /** What the formats add to the name of a family. */
  private static final List<String> SUFFIXES =
      List.of("", "_total", "_created", "_info", "_bucket", "_count", "_sum");

  private final Set<String> names;

  private FamilyFilter(Set<String> names) {
    this.names = names;
  }

  /** Of the values of {@code name[]}; {@link #ALL} if there are none. */
  public static FamilyFilter of(Collection<String> names) {
    return names.isEmpty() ? ALL : new FamilyFilter(Set.copyOf(names));
  }

  /**
   * Whether a family is asked for.
   *
   * @param family its name without a suffix
   */
  @Override
  public boolean test(String family) {
    return names.isEmpty() || SUFFIXES.stream().anyMatch(suffix -> names.contains(family + suffix));
  }
}
