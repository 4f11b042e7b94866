package io.conntrack.exporter.exposition;

/**
 * Which families and labels there are, whatever is observed.
 *
 * @param netns whether every series has the label netns, since other network namespaces are read
 * @param perCpu whether the kernel's counters have a series for each CPU, or one for their sum
 * @param process whether the families of this process and its JVM are shown
 */
public record FamilyOptions(boolean netns, boolean perCpu, boolean process) {
  /** For one network namespace alone, without the families of the process. */
  public static final FamilyOptions PLAIN = new FamilyOptions(false, false, false);
}
