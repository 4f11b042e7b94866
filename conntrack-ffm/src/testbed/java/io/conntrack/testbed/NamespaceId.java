package io.conntrack.testbed;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A network namespace as /proc shows it.
 *
 * @param thread the id of the thread that carries it
 * @param link what its thread's {@code ns/net} points to, such as {@code net:[4026532209]}
 */
record NamespaceId(long thread, String link) {
  private static final long JVM = ProcessHandle.current().pid();
  private static final Path JVM_THREADS = Path.of("/proc/self/task");

  /** The namespace of the calling thread, which carries it from now on. */
  static NamespaceId ofCurrentThread() {
    Path task = Path.of("/proc/thread-self");
    try {
      long thread = Long.parseLong(Files.readSymbolicLink(task).getFileName().toString());
      return new NamespaceId(thread, Files.readSymbolicLink(task.resolve("ns/net")).toString());
    } catch (IOException e) {
      throw new UncheckedIOException("could not read " + task, e);
    }
  }

  /** A file that stands for the namespace, for any process of this machine. */
  String path() {
    return "/proc/" + JVM + "/task/" + thread + "/ns/net";
  }

  /** Keeps the namespace, so that no new one gets the number in {@link #link}, until closed. */
  FileInputStream pin() throws IOException {
    return new FileInputStream(path());
  }

  /** The threads of this JVM that are inside, by the name that the kernel has for them. */
  List<String> threads() {
    try (Stream<Path> tasks = Files.list(JVM_THREADS)) {
      return tasks.filter(this::holds).map(NamespaceId::nameOf).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("could not list " + JVM_THREADS, e);
    }
  }

  /** Kills the other processes inside and waits for their end. */
  void killProcesses() {
    Await.until("every process in " + link + " to end", this::killOnce, List::isEmpty);
  }

  private List<ProcessHandle> killOnce() {
    List<ProcessHandle> inside =
        ProcessHandle.allProcesses()
            .filter(process -> process.pid() != JVM)
            .filter(process -> holds(Path.of("/proc", Long.toString(process.pid()))))
            .toList();
    inside.forEach(ProcessHandle::destroyForcibly);
    return inside;
  }

  private boolean holds(Path task) {
    try {
      return link.equals(Files.readSymbolicLink(task.resolve("ns/net")).toString());
    } catch (IOException e) {
      return false; // It has ended, and an ended task holds no namespace.
    }
  }

  private static String nameOf(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      return "ended: " + task.getFileName();
    }
  }
}
