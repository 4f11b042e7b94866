package io.conntrack.exporter.names;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.FileText;
import io.conntrack.exporter.files.FileWatch;
import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.UsageException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tinylog.Logger;

/**
 * The files of {@code --names}, read at the start and again when one has changed. If a file is
 * wrong, or is gone, its names stay as they are.
 *
 * <p>Only the thread of the {@link FileWatch} reads files and changes what is in force. Any thread
 * may ask for it.
 */
final class NameFiles implements AutoCloseable {
  private final List<NameSource> sources;
  private final FileWatch watch;

  /** In the order of the option. Each version is immutable. */
  private volatile Map<NameSource, NameTable> tables = Map.of();

  private volatile NamesStatus status = new NamesStatus(0, true, 0);

  private NameFiles(List<NameSource> sources, long periodMs) {
    this.sources = sources;
    this.watch = new FileWatch("names", periodMs);
  }

  /**
   * Reads the files.
   *
   * @throws UsageException if one is wrong
   */
  static NameFiles open(List<NameSource> sources, long periodMs) throws UsageException {
    NameFiles files = new NameFiles(sources, periodMs);
    Map<NameSource, NameTable> read = new LinkedHashMap<>();
    for (NameSource source : sources) {
      try {
        read.put(source, files.parse(source));
      } catch (FileException e) {
        throw UsageException.ofContent("--names=" + source.file() + ": " + e.getMessage());
      }
    }
    files.take(read, true);
    return files;
  }

  /** From now on follows the files, in a thread of its own. */
  void follow() {
    if (!sources.isEmpty()) {
      sources.forEach(source ->
          Logger.info("{} names in force, of {}", tables.get(source).size(), source.file()));
      watch.start(this::reload);
    }
  }

  void readAgain() {
    watch.readAgain();
  }

  private void reload(String why) {
    Map<NameSource, NameTable> read = new LinkedHashMap<>();
    boolean good = true;
    for (NameSource source : sources) {
      try {
        read.put(source, parse(source));
      } catch (FileException e) {
        good = false;
        read.put(source, tables.get(source));
        Logger.warn(
            "{} is refused, and its names from before stay: {}", source.file(), e.getMessage());
      }
    }
    take(read, good);
    if (good) {
      Logger.info("{} names are in force, {}", status.names(), why);
    }
  }

  private void take(Map<NameSource, NameTable> read, boolean good) {
    tables = Collections.unmodifiableMap(read);
    int names = read.values().stream().mapToInt(NameTable::size).sum();
    long goodMs = good ? System.currentTimeMillis() : status.lastGoodUnixMs();
    status = new NamesStatus(names, good, goodMs);
  }

  private NameTable parse(NameSource source) throws FileException {
    watch.reads(source.file());
    try {
      String text = FileText.read(source.file(), "write fewer names, or networks");
      return NamesParser.parse(text, source.lenient());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // A fault of the parser must not end this thread, whatever the file holds.
      throw new FileException("it cannot be read: " + FileException.printable(e.toString()));
    }
  }

  /** The name that a source has for an address, or null. */
  String name(NameSource source, Network address) {
    return tables.getOrDefault(source, NameTable.NONE).name(address);
  }

  NamesStatus status() {
    return status;
  }

  @Override
  public void close() {
    watch.close();
  }
}
