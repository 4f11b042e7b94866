package io.conntrack.testbed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Real connections from one host to another that come and go, as many a second as asked for, or as
 * one thread can open. The server closes each at once; of each four clients one answers with a
 * reset, the others close too. What the kernel keeps of them (TIME_WAIT) it keeps.
 *
 * <p>Made and closed by one thread. It has a thread on either host.
 */
public final class RealChurn implements AutoCloseable {
  private static final int BACKLOG = 128;
  private static final int RESET_ONE_OF = 4;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final int LIMIT_MS = (int) Await.DEFAULT_LIMIT.toMillis();

  private final ServerSocket server;
  private final int connectionsPerSecond;
  private final AtomicLong opened = new AtomicLong();
  private final Thread client;
  private volatile boolean closing;

  private RealChurn(ServerSocket server, int connectionsPerSecond, Namespace client) {
    this.server = server;
    this.connectionsPerSecond = connectionsPerSecond;
    this.client = client.start("churn client", this::connect);
  }

  /** Starts it, to any free port of an address of the server's host. */
  public static RealChurn start(
      Namespace client, Namespace server, String serverAddress, int connectionsPerSecond) {
    ServerSocket listening =
        server.call(() -> {
          try {
            return new ServerSocket(0, BACKLOG, InetAddress.ofLiteral(serverAddress));
          } catch (IOException e) {
            throw new AssertionError("address=" + serverAddress, e);
          }
        });
    RealChurn churn = new RealChurn(listening, connectionsPerSecond, client);
    server.start("churn server", churn::serve);
    return churn;
  }

  /** Until the last client has ended, who would wait for an answer. */
  private void serve() throws IOException {
    while (!server.isClosed()) {
      try {
        server.accept().close();
      } catch (IOException e) {
        if (!server.isClosed()) {
          throw e;
        }
      }
    }
  }

  private void connect() throws IOException {
    var address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
    long startNs = System.nanoTime();
    while (!closing) {
      try (var socket = new Socket()) {
        socket.setSoTimeout(LIMIT_MS);
        socket.connect(address, LIMIT_MS);
        if (socket.getInputStream().read() != -1) {
          throw new AssertionError("the server sends nothing");
        }
        if (opened.incrementAndGet() % RESET_ONE_OF == 0) {
          socket.setSoLinger(true, 0);
        }
      }
      long aheadNs = startNs + opened.get() * SECOND_NS / connectionsPerSecond - System.nanoTime();
      if (aheadNs > 0) {
        LockSupport.parkNanos(aheadNs);
      }
    }
  }

  /** How many connections have been opened so far. */
  public long opened() {
    return opened.get();
  }

  /** Waits until the last connection is closed. */
  @Override
  public void close() {
    closing = true;
    try {
      client.join();
      server.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new AssertionError("closing " + server, e);
    }
  }
}
