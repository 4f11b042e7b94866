package io.conntrack.exporter.rules;

import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.FileText;
import io.conntrack.exporter.files.FileWatch;
import io.conntrack.exporter.terms.UsageException;
import java.nio.file.Path;
import java.util.Optional;
import org.tinylog.Logger;

/**
 * The file of {@code --rules}, read at the start and again when it has changed. If the file is
 * wrong, or is gone, the rules stay as they are.
 *
 * <p>Only the thread of the {@link FileWatch} reads, parses and changes the rules in force. Any
 * thread may ask for them.
 */
public final class RulesFile implements AutoCloseable {
  /** Null if no rules are asked for. Then there is no thread, and no YAML class is loaded. */
  private final Path path;

  private final FileWatch watch;
  private volatile EndpointRules rules = EndpointRules.NONE;
  private volatile RulesStatus status = new RulesStatus(0, true, 0, 0, 0);

  /** Set before the thread begins. */
  private RuleDoubts doubts;

  private RulesFile(Path path, long periodMs) {
    this.path = path;
    this.watch = new FileWatch("rules", periodMs);
  }

  /** Without a file, and without rules. */
  public static RulesFile none() {
    return new RulesFile(null, FileWatch.PERIOD_MS);
  }

  /**
   * Reads the file, if there is to be one.
   *
   * @throws UsageException if the file is wrong
   */
  public static RulesFile open(Optional<Path> path) throws UsageException {
    return open(path, FileWatch.PERIOD_MS);
  }

  /** The same, with another time between two looks. */
  public static RulesFile open(Optional<Path> path, long periodMs) throws UsageException {
    RulesFile file = new RulesFile(path.orElse(null), periodMs);
    if (path.isPresent()) {
      try {
        file.take(file.parse());
      } catch (FileException e) {
        throw UsageException.ofContent("--rules=" + file.path + ": " + e.getMessage());
      }
    }
    return file;
  }

  /**
   * From now on follows the file, in a thread of its own.
   *
   * @param changed called by that thread when other rules are in force; must not block
   * @param doubts find the rules that never match, which the log tells once for each version
   */
  public void follow(Runnable changed, RuleDoubts doubts) {
    if (path != null) {
      this.doubts = doubts;
      Logger.info("{} in force, of {}", count(rules), path);
      logDoubts();
      watch.start(why -> reload(changed, why));
    }
  }

  private void logDoubts() {
    doubts.of(rules).forEach(doubt -> Logger.warn("{}: {}", path, doubt));
  }

  /** Has the file read again at once, whether it has changed or not. Any thread may call. */
  public void readAgain() {
    watch.readAgain();
  }

  private void reload(Runnable changed, String why) {
    try {
      EndpointRules others = parse();
      if (take(others)) {
        changed.run();
      }
      Logger.info("{} in force, {}", count(others), why);
      logDoubts();
    } catch (FileException e) {
      status = status.then(false, rules.size());
      Logger.warn("{} is refused, and the rules from before stay: {}", path, e.getMessage());
    }
  }

  private static String count(EndpointRules rules) {
    return rules.size() == 1 ? "1 rule is" : rules.size() + " rules are";
  }

  /** Whether they are others than before. */
  private boolean take(EndpointRules others) {
    boolean same = others.isSame(rules);
    rules = same ? rules : others;
    status = status.then(true, others.size());
    return !same;
  }

  private EndpointRules parse() throws FileException {
    watch.reads(path);
    try {
      return RulesParser.parse(FileText.read(path, "use fewer rules, or larger networks"));
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // A fault of the parser must not end this thread, whatever the file holds.
      throw new FileException("it cannot be read: " + FileException.printable(e.toString()));
    }
  }

  /** What is in force; the same object until that changes. */
  public EndpointRules rules() {
    return rules;
  }

  /** Empty where no rules are asked for. */
  public Optional<RulesStatus> status() {
    return path == null ? Optional.empty() : Optional.of(status);
  }

  @Override
  public void close() {
    watch.close();
  }
}
