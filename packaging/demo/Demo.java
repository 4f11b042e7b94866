import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;

/**
 * The demo's program, which hosts.sh runs on the near host: starts the traffic, then the exporter
 * there, and shows on the screen what the exporter serves.
 */
public final class Demo {
  private static final int PORT = 9318;
  private static final int PERIOD_MS = 1_000;
  private static final int ATTEMPT_PERIOD_MS = 100;
  private static final int ATTEMPTS = 300;
  private static final int LIMIT_MS = 10_000;

  private Demo() {}

  /**
   * Runs until the time is over, standard output is closed or the exporter ends. What still runs
   * then, the exporter too, ends with the namespaces; see demo.sh.
   *
   * @param arguments the exporter's launcher; whether standard output is a terminal; for how many
   *     seconds, where nothing stands for ever
   */
  public static void main(String[] arguments) throws Exception {
    boolean isTerminal = Boolean.parseBoolean(arguments[1]);
    long seconds = arguments[2].isEmpty() ? Long.MAX_VALUE : Long.parseLong(arguments[2]);

    // The exporter warns where it finds no connection.
    var traffic = new Traffic();
    Process exporter = start(arguments[0]);
    var screen = new Screen(new Relay(PORT).url(), traffic.remotes(), isTerminal);
    try {
      for (long shown = 0; shown < seconds && screen.show(metrics(exporter)); shown++) {
        Thread.sleep(PERIOD_MS);
      }
    } catch (IOException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static Process start(String launcher) throws IOException {
    return new ProcessBuilder(
            launcher,
            "--listen-port=" + PORT,
            // Who looks at the numbers is not to change them.
            "--ignore-hosts=127.0.0.1",
            // The kernel tells of an entry whose time is over only when it comes across it.
            "--resync-interval=2s",
            "--log.level=warn")
        .inheritIO()
        .start();
  }

  /** What the exporter serves, as soon as it does. */
  private static String metrics(Process exporter) throws IOException, InterruptedException {
    for (int attempt = 0; attempt < ATTEMPTS && exporter.isAlive(); attempt++) {
      try {
        return read();
      } catch (IOException e) {
        Thread.sleep(ATTEMPT_PERIOD_MS);
      }
    }
    throw new IOException("The exporter serves no metrics; what it said is above.");
  }

  private static String read() throws IOException {
    URLConnection connection =
        URI.create("http://127.0.0.1:" + PORT + "/metrics").toURL().openConnection();
    connection.setConnectTimeout(LIMIT_MS);
    connection.setReadTimeout(LIMIT_MS);
    try (InputStream document = connection.getInputStream()) {
      return new String(document.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
