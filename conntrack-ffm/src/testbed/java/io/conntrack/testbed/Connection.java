package io.conntrack.testbed;

import java.io.IOException;
import java.net.Socket;

/**
 * A real TCP connection, both of its ends. Any thread may use it, one at a time. What is done here
 * to one end reaches the table of each host on the way within milliseconds, so await it.
 */
public final class Connection implements AutoCloseable {
  private final Socket client;
  private final Socket server;
  private final Tuple original;

  Connection(Socket client, Socket server) {
    this.client = client;
    this.server = server;
    original =
        new Tuple(
            Tuple.TCP,
            client.getLocalAddress(),
            client.getLocalPort(),
            client.getInetAddress(),
            client.getPort());
  }

  /** The original tuple as the client's host sees it. */
  public Tuple original() {
    return original;
  }

  public Socket client() {
    return client;
  }

  public Socket server() {
    return server;
  }

  /** The client sends FIN, the server only acknowledges it: CLOSE_WAIT. */
  public void halfCloseClient() throws IOException {
    client.shutdownOutput();
  }

  /** The server sends FIN, the client only acknowledges it: CLOSE_WAIT. */
  public void halfCloseServer() throws IOException {
    server.shutdownOutput();
  }

  /** The client sends RST: CLOSE, for nf_conntrack_tcp_timeout_close (10 s). */
  public void reset() throws IOException {
    client.setSoLinger(true, 0);
    client.close();
  }

  /** Both ends close in order, client first: TIME_WAIT. After a reset nothing is sent. */
  @Override
  public void close() throws IOException {
    try (server) {
      client.close();
    }
  }
}
