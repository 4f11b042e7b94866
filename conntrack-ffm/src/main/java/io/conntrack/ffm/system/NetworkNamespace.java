package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.C_INT;
import static io.conntrack.ffm.generated.Netfilter.C_POINTER;
import static io.conntrack.ffm.generated.Netfilter.EPERM;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Where sockets are opened: the network namespace of the calling thread, or another one.
 *
 * <p>A socket stays in the namespace in which it was made, whoever uses it later. So only the
 * making happens inside. A thread of its own enters (setns(2), which needs CAP_SYS_ADMIN), makes
 * the socket and ends. No thread that has been in another namespace does anything else.
 *
 * <p>Immutable; holds nothing open. A namespace lives as long as a thread or socket is in it, or
 * something is mounted on its file.
 */
public final class NetworkNamespace {
  /** That of the calling thread, which needs no entering. */
  public static final NetworkNamespace OWN = new NetworkNamespace(null, "", null);

  private static final Path SELF = Path.of("/proc/thread-self/ns/net");

  private final Path path;
  private final String name;
  private final Id id;

  /**
   * What tells a namespace from all others while something holds it: two paths may lead to one.
   *
   * @param device that of all namespaces' files
   * @param inode the number in {@code net:[4026531840]}
   */
  public record Id(long device, long inode) {}

  /** A piece of work. */
  @FunctionalInterface
  public interface Body<T> {
    T call() throws ConntrackException;
  }

  /** Linked when another namespace is entered for the first time. */
  private static final class Calls {
    static final int O_RDONLY_CLOEXEC = 0x80000;
    static final int CLONE_NEWNET = 0x40000000;

    static final MethodHandle OPEN =
        SystemCalls.link(
            "open",
            FunctionDescriptor.of(C_INT, C_POINTER, C_INT),
            Linker.Option.firstVariadicArg(2));
    static final MethodHandle SETNS =
        SystemCalls.link("setns", FunctionDescriptor.of(C_INT, C_INT, C_INT));

    private Calls() {}
  }

  private NetworkNamespace(Path path, String name, Id id) {
    this.path = path;
    this.name = name;
    this.id = id;
  }

  /**
   * The one that a file such as {@code /run/netns/blue} or {@code /proc/1/ns/net} stands for now;
   * no other that may be there later.
   *
   * @throws ConntrackException if the file can't be reached, or is none of a namespace
   */
  public static NetworkNamespace at(Path path) throws ConntrackException {
    return at(path, path.getFileName().toString());
  }

  /** The same, with a name of the caller's choice. */
  public static NetworkNamespace at(Path path, String name) throws ConntrackException {
    Id found = id(path);
    if (found.device != ownId().device) {
      throw new ConntrackException("netns=" + path + " is not a network namespace's file");
    }
    return new NetworkNamespace(path, name, found);
  }

  /** That of the calling thread. */
  public static Id ownId() throws ConntrackException {
    return id(SELF);
  }

  private static Id id(Path path) throws ConntrackException {
    try {
      Map<String, Object> file = Files.readAttributes(path, "unix:dev,ino");
      return new Id((long) file.get("dev"), (long) file.get("ino"));
    } catch (IOException e) {
      throw new ConntrackException("netns=" + path + " cannot be reached: " + reason(e), "", e);
    }
  }

  /** The two usual ones have but the path for a message. */
  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "permission denied";
      case NoSuchFileException absent -> "there is no such file";
      default -> e.toString();
    };
  }

  /** Which one this is; null for {@link #OWN}. */
  public Id id() {
    return id;
  }

  /** The last part of the path, or what it was named; empty for {@link #OWN}. */
  public String name() {
    return name;
  }

  /** Whether its path still leads to it. */
  public boolean isThere() {
    try {
      return isOwn() || id(path).equals(id);
    } catch (ConntrackException e) {
      return false;
    }
  }

  /** Whether it is that of the calling thread. */
  public boolean isOwn() {
    return path == null;
  }

  /**
   * Fails where the calling thread's namespace itself could not be entered, and so no other: says
   * which capability is missing.
   */
  public static void requireEntry() throws ConntrackException {
    at(SELF.toAbsolutePath()).call(() -> true);
  }

  /**
   * Does a short piece of work inside, and waits for it. Memory that the work gets must not be
   * confined to its thread, which ends.
   */
  public <T> T call(Body<T> body) throws ConntrackException {
    if (isOwn()) {
      return body.call();
    }
    Libraries.require();
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("netns")
        .start(() -> {
          try {
            enter();
            result.complete(body.call());
          } catch (Throwable t) {
            result.completeExceptionally(t);
          }
        });
    try {
      return result.join();
    } catch (CompletionException e) {
      throw thrown(e.getCause());
    }
  }

  private static ConntrackException thrown(Throwable cause) {
    return switch (cause) {
      case ConntrackException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new AssertionError("the body throws no other checked exception", cause);
    };
  }

  /** For a thread that ends soon: there is no way back. */
  private void enter() throws ConntrackException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = SystemCalls.allocateErrno(arena);
      int file = open(errno, arena.allocateFrom(path.toString()));
      if (file < 0) {
        throw SystemCalls.failed("open(netns=" + path + ")", SystemCalls.errno(errno));
      }
      int entered = setns(errno, file);
      int reason = SystemCalls.errno(errno);
      SystemCalls.close(file);
      if (entered < 0) {
        throw refused(reason);
      }
    }
    if (!ownId().equals(id)) {
      throw new ConntrackException("netns=" + path + " has become another network namespace");
    }
  }

  private ConntrackException refused(int errno) {
    String call = "setns(netns=" + path + ")";
    return errno == EPERM()
        ? SystemCalls.failed(
            call,
            errno,
            "Entering a network namespace needs the capability CAP_SYS_ADMIN, beside"
                + " CAP_NET_ADMIN: run the exporter as root, with the drop-in netns.conf of its"
                + " systemd unit, or with --cap-add=SYS_ADMIN in a container")
        : SystemCalls.failed(call, errno, "");
  }

  private static int open(MemorySegment errno, MemorySegment path) {
    try {
      return (int) Calls.OPEN.invokeExact(errno, path, Calls.O_RDONLY_CLOEXEC);
    } catch (Throwable t) {
      throw SystemCalls.rethrown(t);
    }
  }

  private static int setns(MemorySegment errno, int file) {
    try {
      return (int) Calls.SETNS.invokeExact(errno, file, Calls.CLONE_NEWNET);
    } catch (Throwable t) {
      throw SystemCalls.rethrown(t);
    }
  }

  @Override
  public String toString() {
    if (isOwn()) {
      return "the own network namespace";
    }
    boolean named = !path.getFileName().toString().equals(name);
    return "netns=" + path + (named ? " (" + name + ")" : "");
  }
}
