package io.conntrack.exporter.rules;

import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.exporter.terms.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tinylog.Logger;

/**
 * The file of {@code --rules}, read at the start and again when it has changed. If the file is
 * wrong, or is gone, the rules stay as they are.
 *
 * <p>A thread of its own looks every two seconds whether the file has changed, by stat(2). A look
 * takes some 0.3 ms before the JVM compiles it, 0.02 % of a core. It follows symbolic links, which
 * Kubernetes exchanges, and notices new rights and names too. A changed file is read when it has
 * stayed the same from one look to the next, so it is not read while it is being written. Only that
 * thread reads, parses and changes the rules in force. Any thread may ask for them.
 */
public final class RulesFile implements AutoCloseable {
  /**
   * The most that a Kubernetes ConfigMap holds. At the start, before the JVM has compiled anything,
   * reading so much takes 0.7 s.
   */
  static final int MAX_BYTES = 1 << 20;

  private static final long PERIOD_MS = 2_000;
  private static final String STAMP = "unix:dev,ino,size,ctime";
  private static final Map<String, Object> ABSENT = Map.of();

  /** Null if no rules are asked for. Then there is no thread, and no YAML class is loaded. */
  private final Path path;

  private final long periodMs;

  /** What the thread waits for, beside the time of the next look. */
  private final Semaphore woken = new Semaphore(0);

  private volatile boolean closed;
  private final AtomicBoolean asked = new AtomicBoolean();
  private volatile EndpointRules rules = EndpointRules.NONE;
  private volatile RulesStatus status = new RulesStatus(0, true, 0, 0, 0);

  /** Set before the thread begins. */
  private RuleDoubts doubts;

  /** The state of the file when it was last read, and when it was last seen. */
  private Map<String, Object> read = ABSENT;

  private Map<String, Object> seen = ABSENT;

  private RulesFile(Path path, long periodMs) {
    this.path = path;
    this.periodMs = periodMs;
  }

  /** Without a file, and without rules. */
  public static RulesFile none() {
    return new RulesFile(null, PERIOD_MS);
  }

  /**
   * Reads the file, if there is to be one.
   *
   * @throws UsageException if the file is wrong
   */
  public static RulesFile open(Optional<Path> path) throws UsageException {
    return open(path, PERIOD_MS);
  }

  /** The same, with another time between two looks. */
  public static RulesFile open(Optional<Path> path, long periodMs) throws UsageException {
    RulesFile file = new RulesFile(path.orElse(null), periodMs);
    if (path.isPresent()) {
      try {
        file.read = file.stamp();
        file.seen = file.read;
        file.take(parse(file.path));
      } catch (RulesException e) {
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
      Thread.ofPlatform().daemon().name("rules").start(() -> lookAgain(changed));
    }
  }

  private void logDoubts() {
    doubts.of(rules).forEach(doubt -> Logger.warn("{}: {}", path, doubt));
  }

  private void lookAgain(Runnable changed) {
    try {
      while (!closed) {
        woken.tryAcquire(periodMs, TimeUnit.MILLISECONDS);
        if (asked.getAndSet(false)) {
          seen = stamp();
          read = seen;
          reload(changed, "as SIGHUP asks");
        } else if (!closed) {
          look(changed);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that; then the rules stay as they are
    }
  }

  /** One look at the file. */
  private void look(Runnable changed) {
    Map<String, Object> now = stamp();
    boolean settled = now.equals(seen);
    seen = now;
    if (settled && !now.equals(read)) {
      read = now;
      reload(changed, "since " + path + " has changed");
    }
  }

  /** Has the file read again at once, whether it has changed or not. Any thread may call. */
  public void readAgain() {
    asked.set(true);
    woken.release();
  }

  private void reload(Runnable changed, String why) {
    try {
      EndpointRules others = parse(path);
      if (take(others)) {
        changed.run();
      }
      Logger.info("{} in force, {}", count(others), why);
      logDoubts();
    } catch (RulesException e) {
      status = status.then(false, rules.size());
      Logger.warn("{} is refused, and the rules from before stay: {}", path, e.getMessage());
    }
  }

  private static String count(EndpointRules rules) {
    return rules.size() == 1 ? "1 rule is" : rules.size() + " rules are";
  }

  /** Whether they are others than before. */
  private boolean take(EndpointRules others) {
    boolean same = others.rules().equals(rules.rules());
    rules = same ? rules : others;
    status = status.then(true, others.size());
    return !same;
  }

  /** Tells one state of the file from another; empty while there is none. */
  private Map<String, Object> stamp() {
    try {
      return Files.readAttributes(path, STAMP);
    } catch (IOException e) {
      return ABSENT;
    }
  }

  private static EndpointRules parse(Path path) throws RulesException {
    try {
      if (!Files.isRegularFile(path) && Files.exists(path)) {
        throw new RulesException("this is no regular file; name one");
      }
      return RulesParser.parse(text(path));
    } catch (IOException e) {
      throw new RulesException(reason(e));
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // A fault of the parser must not end this thread, whatever the file holds.
      throw new RulesException("it cannot be read: " + RulesException.printable(e.toString()));
    }
  }

  private static String text(Path path) throws IOException, RulesException {
    byte[] bytes;
    try (InputStream file = Files.newInputStream(path)) {
      bytes = file.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new RulesException(
          "the file is larger than 1 MiB; use fewer rules, or larger networks");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new RulesException("the file is not UTF-8; save it as such");
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException absent -> "there is no such file";
      case AccessDeniedException denied ->
          "this user may not read it; give it the right to read the file and to enter the"
              + " folders above";
      case FileSystemException other when other.getReason() != null ->
          "it cannot be read: " + other.getReason();
      default -> "it cannot be read: " + e.getMessage();
    };
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
    closed = true;
    woken.release();
  }
}
