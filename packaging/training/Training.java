import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.testbed.Churn;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The training run for the AOT cache, which train.sh starts in a network namespace of its own: runs
 * the exporter and does to it what a host does, so that the JVM has loaded and profiled what it
 * will need there. Fails when the exporter does.
 */
public final class Training {
  private static final String ADDRESS = "127.0.0.1:9318";
  private static final int START_LIMIT_S = 60;
  private static final int END_LIMIT_S = 120;
  private static final int PERIOD_MS = 50;
  private static final int LIMIT_MS = 10_000;

  /** Three events each, some hundred thousand: by then the JVM has compiled the reader. */
  private static final int FLOWS = 40_000;

  private static final int FLOWS_PER_SECOND = 20_000;
  private static final int WINDOW_FLOWS = 4_000;
  private static final int SCRAPES = 20;

  private static final SyntheticFlow OUTBOUND =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10_000, "192.0.2.1", 443));
  private static final SyntheticFlow OUTBOUND_IPV6 =
      SyntheticFlow.of(Tuple.tcp("::1", 10_000, "2001:db8::1", 443));

  private final String url;

  private Training(String scheme) {
    url = scheme + "://" + ADDRESS;
  }

  /**
   * Runs the exporter, and ends it.
   *
   * @param words http or https, and then the command that starts the exporter on port 9318
   */
  public static void main(String[] words) throws Exception {
    List<String> command = new ArrayList<>(Arrays.asList(words));
    Training training = new Training(command.removeFirst());
    if (training.url.startsWith("https:")) {
      training.runSecurely(command);
    } else {
      training.run(command);
    }
  }

  /** Connections and passwords; events are the same as without. */
  private void runSecurely(List<String> command) throws Exception {
    var certificates = TrainingCertificates.in(Files.createTempDirectory("training"));
    certificates.use("RSA");
    command.add("--web.config.file=" + certificates.configuration());
    Process exporter = new ProcessBuilder(command).inheritIO().start();
    try {
      awaitReady(exporter);
      scrapeAll();
      certificates.use("EC");
      awaitReady(exporter); // when it has read the new ones
      scrapeAll();
    } finally {
      end(exporter);
    }
  }

  private void run(List<String> command) throws Exception {
    Process exporter = new ProcessBuilder(command).inheritIO().start();
    try (FlowWriter writer = FlowWriter.open()) {
      awaitReady(exporter);
      new Churn(Training::flow, WINDOW_FLOWS, FLOWS_PER_SECOND).run(writer, FLOWS);
      scrapeAll();
    } finally {
      end(exporter);
    }
  }

  private void scrapeAll() throws IOException {
    for (int i = 0; i < SCRAPES; i++) {
      scrape("text/plain", i % 2 == 0 ? "gzip" : "identity");
      scrape("application/openmetrics-text;version=1.0.0", "gzip");
    }
  }

  private static void end(Process exporter) throws IOException, InterruptedException {
    exporter.destroy(); // SIGTERM: now the JVM writes the cache
    if (!exporter.waitFor(END_LIMIT_S, TimeUnit.SECONDS) || exporter.exitValue() != 0) {
      exporter.destroyForcibly();
      throw new IOException("the exporter did not end well");
    }
  }

  private static SyntheticFlow flow(int number) {
    return (number % 4 == 0 ? OUTBOUND_IPV6 : OUTBOUND).client(number);
  }

  private void awaitReady(Process exporter) throws IOException, InterruptedException {
    for (int i = 0; i < START_LIMIT_S * 1_000 / PERIOD_MS && exporter.isAlive(); i++) {
      try {
        scrape("*/*", "identity");
        return;
      } catch (IOException notYet) {
        Thread.sleep(PERIOD_MS);
      }
    }
    throw new IOException("the exporter serves no metrics");
  }

  private void scrape(String format, String encoding) throws IOException {
    var request = (HttpURLConnection) URI.create(url + "/metrics").toURL().openConnection();
    request.setConnectTimeout(LIMIT_MS);
    request.setReadTimeout(LIMIT_MS);
    request.setRequestProperty("Accept", format);
    request.setRequestProperty("Accept-Encoding", encoding);
    String user = Base64.getEncoder().encodeToString(TrainingCertificates.USER.getBytes(UTF_8));
    request.setRequestProperty("Authorization", "Basic " + user);
    try (InputStream document = request.getInputStream()) {
      document.readAllBytes();
    }
  }
}
