package io.conntrack.testbed;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A private network namespace that lives on a platform thread of its own. What that thread opens or
 * starts is born in the namespace and stays there, sockets too, whoever uses them later. Loopback
 * is up; connections are tracked from {@link #trackConnections} on; an entry that is written to the
 * table (see {@link FlowWriter}) needs no tracking.
 *
 * <p>All methods may be called from any thread. {@link #close} ends the threads and processes
 * inside and then the namespace, and proves it: a thread of this JVM that still holds the namespace
 * is an {@link AssertionError} that names it. Sockets must be closed before by who opened them, and
 * shared pools (the common pool, an HTTP client's) must not grow inside: their threads would stay.
 */
public final class Namespace implements AutoCloseable {
  /** How long {@link #call}, {@link #run} and {@link #sh} take at most. */
  public static final Duration LIMIT = Duration.ofMinutes(2);

  private static final int CLONE_NEWNET = 0x40000000;
  private static final int SYSCTL_BYTES = 4096;
  private static final AtomicInteger CREATED = new AtomicInteger();

  static {
    // Here, since no thread can be inside a namespace of ours yet.
    ChildProcesses.ready();
    openFirstSocket();
  }

  /** With it the JVM makes a pair of sockets that it keeps: those would keep a namespace. */
  private static void openFirstSocket() {
    try {
      SocketChannel.open().close();
    } catch (IOException e) {
      throw new UncheckedIOException("opening a socket", e);
    }
  }

  /** What runs in a namespace and returns a value. */
  @FunctionalInterface
  public interface Body<T, E extends Exception> {
    T call() throws E;
  }

  /** What runs in a namespace. */
  @FunctionalInterface
  public interface Action<E extends Exception> {
    void run() throws E;
  }

  private final NamespaceThread thread;
  private final List<Thread> started = new CopyOnWriteArrayList<>();
  private final List<Process> children = new CopyOnWriteArrayList<>();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private NamespaceId id;
  private volatile boolean closed;

  private Namespace(String name) {
    thread = new NamespaceThread(name);
  }

  /**
   * Makes a namespace with loopback up.
   *
   * @throws KernelException with EPERM where the process lacks CAP_SYS_ADMIN
   */
  public static Namespace create() {
    var namespace = new Namespace("namespace-" + CREATED.incrementAndGet());
    try {
      namespace.thread.run(() -> Libc.unshare(CLONE_NEWNET), LIMIT);
      namespace.id = namespace.call(NamespaceId::ofCurrentThread);
      namespace.sh("ip link set lo up");
      return namespace;
    } catch (Throwable t) {
      namespace.thread.close();
      throw t;
    }
  }

  /** Whether this process may make a namespace: false where the kernel says EPERM. */
  public static boolean isPermitted() {
    try (var thread = new NamespaceThread("namespace-probe")) {
      thread.run(() -> Libc.unshare(CLONE_NEWNET), LIMIT);
      return true;
    } catch (KernelException e) {
      if (e.errnoName().equals("EPERM")) {
        return false;
      }
      throw e;
    }
  }

  /** Runs the body on the namespace's thread; what it throws comes out of here as it is. */
  public <T, E extends Exception> T call(Body<T, E> body) throws E {
    requireOpen();
    return thread.call(body, LIMIT);
  }

  /** Runs the action on the namespace's thread; what it throws comes out of here as it is. */
  public <E extends Exception> void run(Action<E> action) throws E {
    call(() -> {
      action.run();
      return null;
    });
  }

  /**
   * Starts a further thread in the namespace. {@link #close} interrupts it, waits for its end and
   * throws what it threw before it was told to end.
   */
  public Thread start(String name, Action<? extends Exception> body) {
    Thread inside = Thread.ofPlatform().name(name).daemon().unstarted(() -> runStarted(body));
    started.add(inside);
    run(inside::start);
    return inside;
  }

  private void runStarted(Action<? extends Exception> body) {
    try {
      body.run();
    } catch (Exception e) {
      // An interrupted thread may end with any exception, so these count only before the end.
      if (!closed) {
        failures.add(e);
      }
    } catch (Error e) {
      failures.add(e);
    }
  }

  /** Starts a child process inside, with pipes; {@link #close} kills it if it still runs. */
  public Process exec(String... command) {
    return exec(new ProcessBuilder(command));
  }

  /** Starts a child process inside as the builder says, whose command is changed by this. */
  public Process exec(ProcessBuilder builder) {
    Process child = ChildProcesses.start(inside(builder));
    children.add(child);
    return child;
  }

  /**
   * Runs a shell script inside ({@code sh -eu}) and returns its standard output. A script that
   * fails is an {@link AssertionError} with all that it wrote.
   */
  public String sh(String script) {
    return ChildProcesses.output(inside(new ProcessBuilder("sh", "-euc", script)), LIMIT);
  }

  private ProcessBuilder inside(ProcessBuilder builder) {
    // After close the path may be another thread's: no command must ever reach the host's network.
    requireOpen();
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=" + id.path(), "--"));
    command.addAll(builder.command());
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, system) -> path + ":" + system);
    return builder.command(command);
  }

  /** Loads a table that asks for the state of connections, so that the kernel tracks them. */
  public void trackConnections() {
    nft(
        """
        table inet track {
          chain in {
            type filter hook input priority 0; policy accept;
            ct state new counter accept
          }
          chain out {
            type filter hook output priority 0; policy accept;
            ct state new counter accept
          }
        }
        """);
  }

  /** Loads rules in the language of {@code nft -f}. */
  public void nft(String rules) {
    sh("nft -f - <<'RULES'\n" + rules + "\nRULES");
  }

  /** Sets a kernel parameter of this namespace, such as {@code net.ipv4.ip_forward}. */
  public void sysctl(String name, Object value) {
    run(() -> {
      try {
        Files.writeString(sysctlFile(name), value.toString());
      } catch (IOException e) {
        throw new UncheckedIOException("could not set " + name + " to value=" + value, e);
      }
    });
  }

  /** Reads a kernel parameter of this namespace. */
  public String sysctl(String name) {
    return call(() -> {
      // In one read: the kernel gives nothing after the first, which Files makes 1 byte long.
      try (var file = new FileInputStream(sysctlFile(name).toFile())) {
        byte[] value = new byte[SYSCTL_BYTES];
        return new String(value, 0, file.read(value), StandardCharsets.US_ASCII).strip();
      } catch (IOException e) {
        throw new UncheckedIOException("could not read " + name, e);
      }
    });
  }

  /** The kernel shows under this path the parameters of the opening thread's namespace. */
  private static Path sysctlFile(String name) {
    return Path.of("/proc/sys", name.replace('.', '/'));
  }

  /** Entries in the kernel's table, expired ones that it has not collected yet included. */
  public int conntrackCount() {
    return Integer.parseInt(sysctl("net.netfilter.nf_conntrack_count"));
  }

  /** A file that stands for this namespace, for any process, while it is open. */
  public Path path() {
    requireOpen();
    return Path.of(id.path());
  }

  /** What tells this namespace from others; for commands such as {@code ip link ... netns}. */
  NamespaceId id() {
    return id;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(thread.name() + " is closed");
    }
  }

  /**
   * Ends everything inside, then the namespace. Throws one {@link AssertionError} with what the
   * started threads had thrown, and with the threads that do not leave. Closing twice does nothing.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      endInside();
    } catch (AssertionError | IOException e) {
      failures.add(e);
    }
    throwFailures();
  }

  private void endInside() throws IOException {
    FileInputStream pin = id.pin();
    try (pin) {
      started.forEach(Thread::interrupt);
      try {
        killChildren();
        id.killProcesses();
      } finally {
        thread.close();
      }
      Await.until("every thread to leave " + thread.name(), id::threads, List::isEmpty);
    }
  }

  /** A child that has only just begun is not inside yet, where all others would be found. */
  private void killChildren() {
    children.forEach(Process::destroyForcibly);
    Await.until(
        "the children of " + thread.name() + " to end",
        () -> children.stream().filter(Process::isAlive).toList(),
        List::isEmpty);
  }

  private void throwFailures() {
    if (!failures.isEmpty()) {
      var failed = new AssertionError(thread.name() + " did not end well", failures.get(0));
      failures.stream().skip(1).forEach(failed::addSuppressed);
      throw failed;
    }
  }

  @Override
  public String toString() {
    return thread.name() + " " + id;
  }
}
