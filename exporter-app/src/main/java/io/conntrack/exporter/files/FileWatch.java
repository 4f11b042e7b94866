package io.conntrack.exporter.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Notices when files have changed, on a thread of its own.
 *
 * <p>The thread looks every two seconds, by stat(2). A look at a file takes some 0.3 ms before the
 * JVM compiles it, 0.02 % of a core. It follows symbolic links, which Kubernetes exchanges, and
 * notices new rights and names too. Changed files are read when they have stayed the same from one
 * look to the next, so they are not read while they are being written.
 */
public final class FileWatch implements AutoCloseable {
  public static final long PERIOD_MS = 2_000;

  private static final String STAMP = "unix:dev,ino,size,ctime";
  private static final Map<String, Object> ABSENT = Map.of();

  private final String name;
  private final long periodMs;

  /** What the thread waits for, beside the time of the next look. */
  private final Semaphore woken = new Semaphore(0);

  private final AtomicBoolean asked = new AtomicBoolean();
  private volatile boolean closed;

  /** The states of the files when they were last read, and when they were last seen. */
  private Map<Path, Map<String, Object>> read = new LinkedHashMap<>();

  private Map<Path, Map<String, Object>> seen = Map.of();

  /**
   * Nothing happens before {@link #start}.
   *
   * @param name the thread's
   * @param periodMs the time between two looks
   */
  public FileWatch(String name, long periodMs) {
    this.name = name;
    this.periodMs = periodMs;
  }

  /** To be called before a file is read: from now on changes of it are noticed. */
  public void reads(Path path) {
    read.put(path, stamp(path));
  }

  /**
   * Begins to look.
   *
   * @param reload called by the thread when a file has changed, with the reason for the log. It
   *     calls {@link #reads} for each file that it reads, and those are watched from then on
   */
  public void start(Consumer<String> reload) {
    seen = read;
    Thread.ofPlatform().daemon().name(name).start(() -> lookAgain(reload));
  }

  /** Has the files read again at once, changed or not. Any thread may call. */
  public void readAgain() {
    asked.set(true);
    woken.release();
  }

  private void lookAgain(Consumer<String> reload) {
    try {
      while (!closed) {
        woken.tryAcquire(periodMs, TimeUnit.MILLISECONDS);
        if (asked.getAndSet(false)) {
          reload(reload, "as SIGHUP asks");
        } else if (!closed) {
          look(reload);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that; then all stays as it is
    }
  }

  /** One look at the files. */
  private void look(Consumer<String> reload) {
    Map<Path, Map<String, Object>> now = new LinkedHashMap<>();
    read.keySet().forEach(path -> now.put(path, stamp(path)));
    boolean settled = now.equals(seen);
    seen = now;
    if (settled && !now.equals(read)) {
      Path changed =
          now.keySet().stream()
              .filter(path -> !now.get(path).equals(read.get(path)))
              .findFirst()
              .orElseThrow();
      reload(reload, "since " + changed + " has changed");
    }
  }

  private void reload(Consumer<String> reload, String why) {
    read = new LinkedHashMap<>();
    reload.accept(why);
    seen = read;
  }

  /** Tells one state of a file from another; empty while there is none. */
  private static Map<String, Object> stamp(Path path) {
    try {
      return Files.readAttributes(path, STAMP);
    } catch (IOException e) {
      return ABSENT;
    }
  }

  @Override
  public void close() {
    closed = true;
    woken.release();
  }
}
