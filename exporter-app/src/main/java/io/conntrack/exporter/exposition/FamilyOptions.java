package io.conntrack.exporter.exposition;

import io.conntrack.exporter.web.WebStatus;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which families and labels there are, whatever is observed.
 *
 * @param netns whether every series has the label netns, since other network namespaces are read
 * @param perCpu whether the kernel's counters have a series for each CPU, or one for their sum
 * @param process whether the families of this process and its JVM are shown
 * @param web the state of the web configuration file at each scrape, if there is one
 */
public record FamilyOptions(
    boolean netns, boolean perCpu, boolean process, Supplier<Optional<WebStatus>> web) {
  /** For one network namespace alone, without the families of the process. */
  public static final FamilyOptions PLAIN = new FamilyOptions(false, false, false);

  /** Without a web configuration file. */
  public FamilyOptions(boolean netns, boolean perCpu, boolean process) {
    this(netns, perCpu, process, Optional::empty);
  }
}
