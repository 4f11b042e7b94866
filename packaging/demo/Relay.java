import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Semaphore;

/**
 * Makes the exporter's port on the private host reachable from the user's shell and browser: takes
 * connections at the user's own localhost, and passes all bytes on. No link, address or route of
 * the user's network changes for it.
 */
final class Relay {
  private static final InetAddress LOCALHOST = InetAddress.ofLiteral("127.0.0.1");
  private static final int MAX_CONNECTIONS = 16;

  private final ServerSocket server;
  private final int port;
  private final Semaphore free = new Semaphore(MAX_CONNECTIONS);

  /** Listens at the given port, or where that is taken, at any other one. */
  Relay(int port) throws Exception {
    this.port = port;
    this.server = Host.USERS.open(() -> listen(port));
    Thread.ofPlatform().daemon().start(this::acceptAll);
  }

  private static ServerSocket listen(int port) throws IOException {
    try {
      return new ServerSocket(port, 0, LOCALHOST);
    } catch (BindException e) {
      return new ServerSocket(0, 0, LOCALHOST);
    }
  }

  /** The address of the exporter, for the user. */
  String url() {
    return "http://localhost:" + server.getLocalPort();
  }

  private void acceptAll() {
    try {
      while (true) {
        free.acquire();
        Socket outside = server.accept();
        Thread.ofPlatform().daemon().start(() -> relay(outside));
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the relay ended", e);
    }
  }

  private void relay(Socket outside) {
    try (outside;
        var inside = new Socket(LOCALHOST, port)) {
      Thread answers = Thread.ofPlatform().daemon().start(() -> pass(inside, outside));
      pass(outside, inside);
      answers.join();
    } catch (IOException | InterruptedException e) {
      // The browser sees the connection close, which says enough.
    } finally {
      free.release();
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      // One end has gone; the other one learns it from the close that follows.
    }
  }
}
