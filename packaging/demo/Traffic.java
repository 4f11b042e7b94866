import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Connections of every kind between the two hosts, some five a second. One thread opens and closes
 * all of them, both their ends, so that it knows which end does what when.
 */
final class Traffic {
  private static final int LIMIT_MS = 2_000;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private final Random random = new Random();
  private final Map<String, String> remotes = new LinkedHashMap<>();

  /** What becomes of a connection after it was opened. */
  @FunctionalInterface
  private interface Course {
    void take(Socket client, Socket server) throws IOException;
  }

  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  Traffic() throws Exception {
    outbound("198.51.100.10", 5432, "long connections", 4_000, this::keep);
    outbound("198.51.100.20", 80, "short connections", 1_000, this::closeSoon);
    outbound("2001:db8:1::30", 443, "short connections", 1_300, this::closeSoon);
    outbound("2001:db8:1::40", 8080, "closes late", 3_000, this::closeHalf);
    outbound("198.51.100.50", 9000, "resets", 2_500, this::reset);
    refused("198.51.100.60", 22, "refuses", 2_000);
    unanswered("203.0.113.70", 25, "never answers", 3_500);
    inbound("192.0.2.2", "192.0.2.1", "a client, inbound", 1_500);
    inbound("2001:db8::2", "2001:db8::1", "a client, inbound", 3_000);
  }

  /** By the exporter's label of each remote host: what happens there. */
  Map<String, String> remotes() {
    return remotes;
  }

  private void outbound(String address, int port, String what, int everyMs, Course course)
      throws Exception {
    InetSocketAddress at = remote(address, port, what);
    ServerSocket server = Host.FAR.open(() -> new ServerSocket(port));
    every(everyMs, what, () -> connect(Host.NEAR, at, server, course));
  }

  /** The exporter's label of a client is its address alone. */
  private void inbound(String client, String address, String what, int everyMs) throws Exception {
    remotes.put(client, what);
    ServerSocket server =
        Host.NEAR.open(() -> new ServerSocket(80, 0, InetAddress.ofLiteral(address)));
    InetSocketAddress at = (InetSocketAddress) server.getLocalSocketAddress();
    every(everyMs, what, () -> connect(Host.FAR, at, server, this::closeSoon));
  }

  private void connect(Host from, InetSocketAddress at, ServerSocket server, Course course)
      throws Exception {
    Socket client = from.open(() -> connected(at));
    server.setSoTimeout(LIMIT_MS);
    course.take(client, server.accept());
  }

  private static Socket connected(InetSocketAddress at) throws IOException {
    var socket = new Socket();
    socket.connect(at, LIMIT_MS);
    return socket;
  }

  private void keep(Socket client, Socket server) {
    after(10_000 + random.nextInt(20_000), () -> close(client, server));
  }

  private void closeSoon(Socket client, Socket server) {
    after(200 + random.nextInt(2_000), () -> close(client, server));
  }

  private void closeHalf(Socket client, Socket server) throws IOException {
    client.shutdownOutput();
    after(3_000 + random.nextInt(6_000), () -> close(client, server));
  }

  /** A socket that is closed and must not linger sends a reset. */
  private void reset(Socket client, Socket server) throws IOException {
    server.setSoLinger(true, 0);
    after(1_500, () -> close(server, client));
  }

  private static void close(Socket first, Socket second) throws IOException {
    first.close();
    second.close();
  }

  private void refused(String address, int port, String what, int everyMs) {
    InetSocketAddress at = remote(address, port, what);
    every(everyMs, what, () -> connectRefused(at));
  }

  private static void connectRefused(InetSocketAddress at) throws Exception {
    try {
      Host.NEAR.open(() -> connected(at)).close();
    } catch (ConnectException refused) {
      // As it should be.
    }
  }

  private void unanswered(String address, int port, String what, int everyMs) {
    InetSocketAddress at = remote(address, port, what);
    every(everyMs, what, () -> connectUnanswered(at));
  }

  private void connectUnanswered(InetSocketAddress at) throws Exception {
    SocketChannel client = Host.NEAR.open(SocketChannel::open);
    client.configureBlocking(false);
    client.connect(at);
    after(5_000, client::close);
  }

  private InetSocketAddress remote(String address, int port, String what) {
    remotes.put((address.contains(":") ? "[" + address + "]:" : address + ":") + port, what);
    return new InetSocketAddress(address, port);
  }

  private void every(int ms, String what, Step step) {
    thread.scheduleAtFixedRate(() -> run(what, step), 0, ms, MILLISECONDS);
  }

  private void after(int ms, Step step) {
    thread.schedule(() -> run("closing", step), ms, MILLISECONDS);
  }

  /** A step that fails on a busy machine must not end those that follow. */
  private static void run(String what, Step step) {
    try {
      step.run();
    } catch (Exception e) {
      System.err.println("Traffic that failed: " + what + ": " + e);
    }
  }
}
