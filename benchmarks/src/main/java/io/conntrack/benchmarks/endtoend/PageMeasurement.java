package io.conntrack.benchmarks.endtoend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What it takes more while people watch the page: each asks for its data every two seconds, over a
 * connection that stays, as the page's script does. Times with viewers and without take turns. No
 * resync comes between.
 */
final class PageMeasurement implements Measurement {
  private static final byte[] REQUEST =
      """
      GET /-/endpoints?filter=&limit=50&show=endpoints&sort=failed&order=descending HTTP/1.1\r
      Host: bench\r
      Accept-Encoding: gzip, deflate\r
      \r
      """
          .getBytes(ISO_8859_1);

  private static final String LENGTH = "content-length: ";
  private static final long REFRESH_NS = TimeUnit.SECONDS.toNanos(2);
  private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(10);

  /** Until the JVM has compiled what it runs. */
  private static final int WARM_UP_PERIODS = 3;

  private static final int MANY = 20;

  @Override
  public List<Row> measure() throws IOException {
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, Flows.ENDPOINTS));
      try (Server exporter = Server.exporter(namespace, "--resync-interval=1h")) {
        return List.of(
            row(exporter, "page-1", "one viewer, 10,000 endpoints", 1).atMost(1),
            row(exporter, "page-20", "20 viewers, 10,000 endpoints", MANY).atMost(5));
      }
    }
  }

  private static Row row(Server exporter, String name, String what, int viewers)
      throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < viewers; i++) {
        sockets.add(exporter.connection());
      }
      for (int i = 0; i < WARM_UP_PERIODS; i++) {
        percent(exporter, sockets);
      }
      double[] more = new double[SAMPLES];
      for (int i = 0; i < SAMPLES; i++) {
        more[i] = percent(exporter, sockets) - percent(exporter, List.of());
      }
      return Row.of(name, what, "% of a core more", Samples.of(more));
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Of a core, for a period in which each looks five times, one after the other. */
  private static double percent(Server exporter, List<Socket> viewers) throws IOException {
    long before = exporter.meter().cpuNs();
    long startNs = System.nanoTime();
    long looks = viewers.size() * PERIOD_NS / REFRESH_NS;
    for (int look = 0; look < looks; look++) {
      ask(viewers.get(look % viewers.size()));
      parkUntil(startNs + (look + 1) * PERIOD_NS / looks);
    }
    parkUntil(startNs + PERIOD_NS);
    return 100.0 * (exporter.meter().cpuNs() - before) / (System.nanoTime() - startNs);
  }

  private static void ask(Socket viewer) throws IOException {
    viewer.getOutputStream().write(REQUEST);
    DataInputStream in = new DataInputStream(viewer.getInputStream());
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    int length =
        head.toString()
            .lines()
            .filter(line -> line.regionMatches(true, 0, LENGTH, 0, LENGTH.length()))
            .mapToInt(line -> Integer.parseInt(line.substring(LENGTH.length())))
            .findAny()
            .orElseThrow(() -> new IOException("no length: " + head));
    in.readFully(new byte[length]);
    if (head.indexOf("HTTP/1.1 200 ") != 0) {
      throw new IOException("the page got " + head);
    }
  }

  private static void parkUntil(long timeNs) {
    while (timeNs - System.nanoTime() > 0) {
      LockSupport.parkNanos(timeNs - System.nanoTime());
    }
  }
}
