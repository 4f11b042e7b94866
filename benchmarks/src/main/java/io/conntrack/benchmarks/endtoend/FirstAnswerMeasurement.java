package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * From the start of the program to its first answer to a scrape, beside a whole run of a Java
 * program that says hello, on the JDK that runs this, in turns.
 */
final class FirstAnswerMeasurement implements Measurement {
  private static final int FLOWS = 1_000;
  private static final int TURNS = 11;
  private static final Path HELLO = Path.of("hello");
  private static final String SOURCE =
      """
      public class Hello {
        public static void main(String[] words) {
          System.out.println("Hello, world");
        }
      }
      """;

  @Override
  public List<Row> measure() throws IOException, InterruptedException {
    compile();
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, FLOWS));
      double[] ours = new double[TURNS];
      double[] hello = new double[TURNS];
      for (int i = 0; i < TURNS; i++) {
        ours[i] = Server.firstAnswerMs(namespace);
        hello[i] = helloMs(namespace);
      }
      return List.of(
          Row.of("first-answer", "from the start to the first answer", "ms", Samples.of(ours))
              .beside("hello", Samples.of(hello))
              .atMost(3.5));
    }
  }

  private static void compile() throws IOException, InterruptedException {
    Files.createDirectories(HELLO);
    Path source = Files.writeString(HELLO.resolve("Hello.java"), SOURCE);
    run(new ProcessBuilder(tool("javac"), source.toString()).start());
  }

  private static double helloMs(Namespace namespace) throws InterruptedException {
    String[] command = {tool("java"), "-Xshare:auto", "-cp", HELLO.toString(), "Hello"};
    long startNs = System.nanoTime();
    run(namespace.exec(command));
    return (System.nanoTime() - startNs) / 1e6;
  }

  private static void run(Process process) throws InterruptedException {
    if (process.waitFor() != 0) {
      throw new IllegalStateException("exit code " + process.exitValue() + " of " + process.info());
    }
  }

  private static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }
}
