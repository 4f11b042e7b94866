package io.conntrack.exporter.http;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.exposition.Scrapes.Rejection;
import io.conntrack.exporter.web.TlsListener;
import io.conntrack.exporter.web.WebFile;
import io.conntrack.ffm.system.InheritedSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import org.tinylog.Logger;

/**
 * The HTTP server.
 *
 * <p>A client that sends nothing holds a connection. One that sends half a request, or reads its
 * answer slowly, holds a virtual thread. Connections and requests are bounded, and time limits free
 * them.
 */
public final class MetricsServer implements AutoCloseable {
  /** One that sends nothing takes some 4 KB. Further ones are closed. */
  private static final int CONNECTIONS = 12_000;

  /** At the same time. */
  private static final int REQUESTS = 512;

  /** With TLS each connection that has begun a handshake takes some 100 kB of the heap. */
  private static final int SECURE_CONNECTIONS = 160;

  private static final int SECURE_REQUESTS = 128;
  private static final int SECURE_IDLE_CONNECTIONS = 32;

  /** Longer than from one scrape to the next, since a handshake costs half a scrape. */
  private static final int SECURE_IDLE_TIME_S = 150;

  /** Request line and headers. A request may hold five times as much of the heap for them. */
  private static final int HEADER_BYTES = 8 << 10;

  private static final int REQUEST_TIME_S = 5;
  private static final int RESPONSE_TIME_S = 30;

  /** A connection beyond the backlog is retried by the client's kernel after a second. */
  private static final int BACKLOG = 128;

  private final HttpServer server;
  private final InetSocketAddress address;
  private final boolean secure;

  private MetricsServer(HttpServer server, InetSocketAddress address, boolean secure) {
    this.server = server;
    this.address = address;
    this.secure = secure;
  }

  /**
   * Listens from now on, by TLS if the web configuration file says so.
   *
   * @param scrapes counts requests that no thread can be had for
   * @throws IOException if it cannot listen on the address. The message says what to do
   */
  public static MetricsServer start(
      InetSocketAddress address, HttpHandler handler, WebFile web, Scrapes scrapes)
      throws IOException {
    HttpServer server = listen(resolved(address), web);
    start(server, handler, web, scrapes);
    return new MetricsServer(server, server.getAddress(), isSecure(web));
  }

  /**
   * The same on a socket that listens already. The JDK's server takes none. So its own socket is
   * replaced after the server has made it, and before the server's thread waits for it: epoll is
   * told of it when that thread begins.
   */
  public static MetricsServer start(
      InheritedSocket socket, HttpHandler handler, WebFile web, Scrapes scrapes)
      throws IOException {
    HttpServer server = listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), web);
    try {
      socket.replace(server.getAddress());
    } catch (IOException e) {
      server.stop(0);
      throw e;
    }
    start(server, handler, web, scrapes);
    return new MetricsServer(server, socket.address(), isSecure(web));
  }

  private static void start(HttpServer server, HttpHandler handler, WebFile web, Scrapes scrapes) {
    int requests = isSecure(web) ? SECURE_REQUESTS : REQUESTS;
    server.setExecutor(new Threads(requests, Thread.ofVirtual().name("http").factory(), scrapes));
    server.createContext("/", handler);
    server.start();
  }

  private static boolean isSecure(WebFile web) {
    return web.settings().tls() != null;
  }

  /**
   * The JDK's server reads its limits from system properties, once, and has no limits by default.
   * They are set here and nowhere else. So they hold however the program was started.
   */
  private static void limitConnections(boolean secure) throws IOException {
    int connections = FileLimit.connections(secure ? SECURE_CONNECTIONS : CONNECTIONS);
    if (secure) {
      System.setProperty(
          "sun.net.httpserver.maxIdleConnections", Integer.toString(SECURE_IDLE_CONNECTIONS));
      System.setProperty("sun.net.httpserver.idleInterval", Integer.toString(SECURE_IDLE_TIME_S));
    }
    System.setProperty("jdk.httpserver.maxConnections", Integer.toString(connections));
    System.setProperty("sun.net.httpserver.maxReqHeaderSize", Integer.toString(HEADER_BYTES));
    System.setProperty("sun.net.httpserver.maxReqTime", Integer.toString(REQUEST_TIME_S));
    System.setProperty("sun.net.httpserver.maxRspTime", Integer.toString(RESPONSE_TIME_S));
    // Headers and body are two writes: without this the second may wait for the client's ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** Looks a name up, as often as it is needed. */
  static InetSocketAddress resolved(InetSocketAddress address) throws IOException {
    if (!address.isUnresolved()) {
      return address;
    }
    var resolved = new InetSocketAddress(address.getHostString(), address.getPort());
    if (resolved.isUnresolved()) {
      throw new IOException(
          "cannot find the address of "
              + address.getHostString()
              + ": this host does not know the name. Give an address, or a name that 'getent hosts'"
              + " finds");
    }
    return resolved;
  }

  private static HttpServer listen(InetSocketAddress address, WebFile web) throws IOException {
    boolean secure = isSecure(web);
    limitConnections(secure);
    try {
      return secure
          ? TlsListener.create(address, BACKLOG, web)
          : HttpServer.create(address, BACKLOG);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "cannot listen on "
              + hostAndPort(address)
              + ": "
              + e.getMessage()
              + remedy(String.valueOf(e.getMessage())),
          e);
    }
  }

  private static String remedy(String refusal) {
    return refusal.contains("Too many open files")
        ? ". Raise the limit: LimitNOFILE= of the unit, or 'ulimit -n'"
        : ". Choose another port or address; 'ss -ltnp' shows who listens";
  }

  /**
   * A virtual thread for each request. One that waits for its client takes little of the heap and
   * no thread of the host. So that requests together leave the heap room, the rest wait.
   */
  static final class Threads implements Executor {
    private final Semaphore requests;
    private final ThreadFactory threads;
    private final Scrapes scrapes;
    private boolean isShort;

    Threads(int most, ThreadFactory threads, Scrapes scrapes) {
      this.requests = new Semaphore(most, true);
      this.threads = threads;
      this.scrapes = scrapes;
    }

    /** For the server's own thread, which an error would end. */
    @Override
    public void execute(Runnable request) {
      try {
        threads.newThread(() -> answer(request)).start();
      } catch (OutOfMemoryError e) {
        scrapes.reject(Rejection.NO_THREAD);
        if (!isShort) {
          isShort = true;
          Logger.warn(
              "HTTP requests are cut off, since no thread can be had. A higher TasksMax= of the"
                  + " unit, pids.max of the container or 'ulimit -u' helps");
        }
      }
    }

    private void answer(Runnable request) {
      requests.acquireUninterruptibly();
      try {
        request.run();
      } finally {
        requests.release();
      }
    }
  }

  /** Where it listens, with the real port: an address of this host, if it listens on all. */
  public String url() {
    return (secure ? "https://" : "http://")
        + (address.getAddress().isAnyLocalAddress()
            ? "localhost:" + address.getPort()
            : hostAndPort(address));
  }

  int port() {
    return address.getPort();
  }

  /** As a URL has them, an IPv6 address in brackets. */
  public static String hostAndPort(InetSocketAddress address) {
    byte[] octets = address.getAddress().getAddress();
    if (octets.length == Integer.BYTES && !address.getAddress().isAnyLocalAddress()) {
      return address.getAddress().getHostAddress() + ":" + address.getPort();
    }
    ByteBuffer halves = ByteBuffer.wrap(Arrays.copyOf(octets, 2 * Long.BYTES)); // :: for both
    return EndpointLabel.of(halves.getLong(), halves.getLong(), address.getPort());
  }

  /** Ends at once; answers that are under way are cut. */
  @Override
  public void close() {
    server.stop(0);
  }
}
