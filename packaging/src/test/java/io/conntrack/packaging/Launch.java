package io.conntrack.packaging;

import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** How the built program is started in a namespace. Of the environment it gets PATH only. */
public final class Launch {
  private static final String IMAGE = System.getProperty("image");

  private final Namespace namespace;
  private final List<String> wrapper = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();

  private static final int FIRST_PORT = 61_000;
  private static final int PORTS = 4_000;
  private static final AtomicInteger SERVED = new AtomicInteger();

  private String image = IMAGE;

  /** Null for a file that {@link Program#output} reads. */
  private Redirect output;

  private Launch(Namespace namespace) {
    this.namespace = namespace;
  }

  public static Launch in(Namespace namespace) {
    return new Launch(namespace);
  }

  /** A command that ends in exec of the words that follow it, so that the process stays one. */
  public Launch through(String... command) {
    wrapper.addAll(List.of(command));
    return this;
  }

  /**
   * With the rights that these options of setpriv leave. The image is mounted where every user can
   * reach it, wherever it was built; the mount is the program's own and ends with it.
   */
  Launch withRights(String... setprivOptions) {
    through("unshare", "--mount", "sh", "-euc", "mount --bind \"$0\" /mnt; exec \"$@\"", image);
    image = "/mnt";
    return through("setpriv").through(setprivOptions);
  }

  /** Another image than the one that was built. */
  Launch image(Path other) {
    image = other.toString();
    return this;
  }

  Launch with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  public Launch outputTo(Redirect redirect) {
    output = redirect;
    return this;
  }

  /** Starts the program with these options, and waits for nothing. */
  public Program start(String... options) {
    try {
      Path folder = Files.createTempDirectory("program");
      Path error = folder.resolve("error");
      ProcessBuilder builder = new ProcessBuilder(words(options)).redirectError(error.toFile());
      builder.redirectOutput(
          output == null ? Redirect.to(folder.resolve("output").toFile()) : output);
      builder.environment().keySet().retainAll(List.of("PATH"));
      builder.environment().putAll(environment);
      return new Program(namespace, namespace.exec(builder), folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts the daemon on a port of its own, and waits until a scrape would be answered. Neither a
   * {@code SyntheticFlow.client} nor the kernel gives such a port to a connection: one from a port
   * that is listened on would count as inbound.
   */
  public Program serve(String... options) {
    int port = FIRST_PORT + SERVED.getAndIncrement() % PORTS;
    Program program = start(with("--listen-port=" + port, options));
    program.awaitReady();
    return program;
  }

  private List<String> words(String... options) {
    List<String> words = new ArrayList<>(wrapper);
    words.add(image + "/bin/conntrack-exporter");
    words.addAll(List.of(options));
    return words;
  }

  private static String[] with(String first, String... rest) {
    List<String> all = new ArrayList<>(List.of(rest));
    all.addFirst(first);
    return all.toArray(String[]::new);
  }
}
