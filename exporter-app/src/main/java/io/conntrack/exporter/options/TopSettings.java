package io.conntrack.exporter.options;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What {@code top} is asked for.
 *
 * @param where which exporter is asked
 * @param passwordFile whose first line is the password of the user in the URL
 * @param caFile certificates in PEM that are trusted, in place of the JDK's
 * @param insecure whether any certificate is taken
 * @param sort by which column, as the page's data names it
 * @param reverse whether the order is the other one than is usual for the column
 * @param limit how many endpoints at most
 * @param filter what a label has to contain; empty for all
 * @param interval between two readings
 * @param once whether to print once, and end
 * @param json whether to print the data
 */
public record TopSettings(
    Where where,
    Optional<Path> passwordFile,
    Optional<Path> caFile,
    boolean insecure,
    String sort,
    boolean reverse,
    int limit,
    String filter,
    Duration interval,
    boolean once,
    boolean json) {
  public static final String HOST = "host";

  /** As the data of the page names its columns, in the order of the table. */
  public static final List<String> SORTS =
      List.of(
          HOST,
          "opening",
          "open",
          "closing",
          "closed",
          "opened",
          "failed",
          "ended",
          "sent",
          "received",
          "setup");

  /**
   * Where the endpoints come from: the URL if there is one. Without, from the exporter that runs
   * here, if that may be asked, or else from the kernel.
   */
  public record Where(Optional<URI> url, boolean kernelOnly) {}

  public boolean ascending() {
    return sort.equals(HOST) != reverse;
  }
}
