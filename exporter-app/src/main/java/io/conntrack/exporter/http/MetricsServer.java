package io.conntrack.exporter.http;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.exporter.web.TlsListener;
import io.conntrack.exporter.web.WebFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.tinylog.Logger;

/**
 * The HTTP server.
 *
 * <p>A client that sends nothing holds a connection but no thread. A client that sends half a
 * request, or reads its answer slowly, holds a thread. Connections and threads are bounded, and
 * time limits free them. A request waits for another only when all threads are taken.
 */
public final class MetricsServer implements AutoCloseable {
  /** Of which those that wait for a thread take next to no memory. Further ones are closed. */
  private static final int CONNECTIONS = 1024;

  private static final int THREADS = 512;

  /** With TLS each connection that has begun a handshake takes some 100 kB of the heap. */
  private static final int SECURE_CONNECTIONS = 256;

  private static final int SECURE_THREADS = 128;
  private static final int SECURE_IDLE_CONNECTIONS = 32;

  /** Longer than from one scrape to the next, since a handshake costs half a scrape. */
  private static final int SECURE_IDLE_TIME_S = 150;

  /** Had from the start, so that scrapes are answered when no further thread can be had. */
  private static final int FIRST_THREADS = 4;

  /** Request line and headers. A thread may hold five times as much of the heap for them. */
  private static final int HEADER_BYTES = 8 << 10;

  private static final int REQUEST_TIME_S = 5;
  private static final int RESPONSE_TIME_S = 30;

  /** A connection beyond the backlog is retried by the client's kernel after a second. */
  private static final int BACKLOG = 128;

  private static final int IDLE_THREAD_S = 10;

  /** No deeper than the Prometheus client's writers need. */
  private static final int STACK_BYTES = 256 << 10;

  private final HttpServer server;
  private final ExecutorService threads;

  private final boolean secure;

  private MetricsServer(HttpServer server, ExecutorService threads, boolean secure) {
    this.server = server;
    this.threads = threads;
    this.secure = secure;
  }

  /**
   * Listens from now on, by TLS if the web configuration file says so.
   *
   * @throws IOException if it cannot listen on the address. The message says what to do
   * @throws OutOfMemoryError if a limit of tasks leaves it no threads
   */
  public static MetricsServer start(InetSocketAddress address, HttpHandler handler, WebFile web)
      throws IOException {
    boolean secure = web.settings().tls() != null;
    limitConnections(secure);
    HttpServer server = listen(resolved(address), web, secure);
    ExecutorService threads = new Pool(new Waiting(), secure ? SECURE_THREADS : THREADS);
    server.setExecutor(threads);
    server.createContext("/", handler);
    server.start();
    return new MetricsServer(server, threads, secure);
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

  private static HttpServer listen(InetSocketAddress address, WebFile web, boolean secure)
      throws IOException {
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

  /** If the host gives no more threads, requests wait for those that are there. */
  private static final class Pool extends ThreadPoolExecutor {
    /** Left to others from then on: ending takes threads too. */
    private static final int SPARE = 4;

    private final Waiting waiting;
    private final int most;

    Pool(Waiting waiting, int most) {
      super(
          FIRST_THREADS,
          most,
          IDLE_THREAD_S,
          TimeUnit.SECONDS,
          waiting,
          Pool::thread,
          (request, pool) -> waiting.add(request));
      this.waiting = waiting;
      this.most = most;
      try {
        prestartAllCoreThreads();
      } catch (OutOfMemoryError e) {
        shutdownNow();
        throw e;
      }
    }

    private static Thread thread(Runnable task) {
      Thread thread = new Thread(null, task, "http", STACK_BYTES);
      thread.setDaemon(true);
      return thread;
    }

    @Override
    public void execute(Runnable request) {
      try {
        super.execute(request);
      } catch (OutOfMemoryError e) {
        if (getMaximumPoolSize() == most) {
          Logger.warn(
              "No more threads can be had for HTTP requests than {}. The rest wait. A higher"
                  + " TasksMax= of the unit, pids.max of the container or 'ulimit -u' helps",
              getPoolSize());
        }
        setMaximumPoolSize(Math.max(FIRST_THREADS, getPoolSize() - SPARE));
        waiting.add(request);
      }
    }
  }

  /**
   * Requests that wait for a thread, at most one for each connection. A pool starts a thread only
   * if its queue refuses a request. So this queue refuses a request that no idle thread takes at
   * once. If the pool may start no more threads, it gives the request back, and the request waits
   * here.
   */
  private static final class Waiting extends LinkedTransferQueue<Runnable> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean offer(Runnable request) {
      return tryTransfer(request);
    }

    @Override
    public boolean add(Runnable request) {
      return super.offer(request);
    }
  }

  /** Where it listens, with the real port: an address of this host, if it listens on all. */
  public String url() {
    InetSocketAddress address = server.getAddress();
    return (secure ? "https://" : "http://")
        + (address.getAddress().isAnyLocalAddress()
            ? "localhost:" + address.getPort()
            : hostAndPort(address));
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** As a URL has them, an IPv6 address in brackets. */
  static String hostAndPort(InetSocketAddress address) {
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
    threads.shutdownNow();
  }
}
