package io.conntrack.exporter.exposition;

import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.web.WebStatus;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which families and labels there are, whatever is observed.
 *
 * @param netns whether every series has the label netns, since other network namespaces are read
 * @param perCpu whether the kernel's counters have a series for each CPU, or one for their sum
 * @param zones whether the kernel's table has series for each conntrack zone
 * @param process whether the families of this process and its JVM are shown
 * @param created whether OpenMetrics has a series for each counter of an endpoint that tells since
 *     when it counts
 * @param histograms with which buckets
 * @param names of addresses
 * @param web the state of the web configuration file at each scrape, if there is one
 */
public record FamilyOptions(
    boolean netns,
    boolean perCpu,
    boolean zones,
    boolean process,
    boolean created,
    HistogramForm histograms,
    Names names,
    Supplier<Optional<WebStatus>> web) {
  /** For one network namespace alone, without the families of the process. */
  public static final FamilyOptions PLAIN = new FamilyOptions(false, false, false);

  /** With what needs no option. */
  public FamilyOptions(boolean netns, boolean perCpu, boolean process) {
    this(netns, perCpu, false, process, false, HistogramForm.NATIVE, Names.none(), Optional::empty);
  }
}
