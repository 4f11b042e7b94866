package io.conntrack.testbed;

import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;

/**
 * Real traffic from and to one namespace, to addresses that are given as literals of either family.
 * The sockets stay open, and with them the states of their flows, until {@link #close}, which has
 * to come before the namespace's own. Each step takes at most 10 s; at most {@value #MAX_OPEN}
 * sockets and connections are held. Any thread may use it, one at a time.
 */
public final class Traffic implements AutoCloseable {
  private static final int MAX_OPEN = 4096;
  private static final int LIMIT_MS = (int) Await.DEFAULT_LIMIT.toMillis();

  private final Namespace namespace;
  private final Resources open = new Resources();

  private Traffic(Namespace namespace) {
    this.namespace = namespace;
  }

  /** Traffic of this namespace; nothing is opened yet. */
  public static Traffic in(Namespace namespace) {
    return new Traffic(namespace);
  }

  /** Listens for the connections that {@link #connect} opens; port 0 is any free one. */
  public ServerSocket listen(String address, int port) throws IOException {
    return namespace.call(() -> {
      ServerSocket server = hold(new ServerSocket());
      server.setReuseAddress(true);
      server.setSoTimeout(LIMIT_MS);
      server.bind(at(address, port));
      return server;
    });
  }

  /** Opens a connection to a server, of this namespace or of another one: ESTABLISHED. */
  public Connection connect(ServerSocket server) throws IOException {
    return connect(server.getInetAddress().getHostAddress(), server.getLocalPort(), server);
  }

  /** Opens a connection to an address that NAT translates to the server's: ESTABLISHED. */
  public Connection connect(String address, int port, ServerSocket server) throws IOException {
    Socket client =
        namespace.call(() -> {
          Socket socket = hold(new Socket());
          socket.connect(at(address, port), LIMIT_MS);
          return socket;
        });
    return new Connection(client, hold(server.accept()));
  }

  /** Expects that nobody listens: NEW, then DESTROY at once; no entry stays. */
  public void connectRefused(String address, int port) throws IOException {
    namespace.run(() -> {
      try (var socket = new Socket()) {
        socket.connect(at(address, port), LIMIT_MS);
        throw new AssertionError("not refused: address=" + address + " port=" + port);
      } catch (ConnectException refused) {
        // As expected; a timeout is another exception.
      }
    });
  }

  /**
   * Begins a connection and does not wait for an answer: SYN_SENT, if the SYN is dropped, see
   * {@link #dropRequests}.
   */
  public SocketChannel connectUnanswered(String address, int port) throws IOException {
    return namespace.call(() -> {
      SocketChannel channel = hold(SocketChannel.open());
      channel.configureBlocking(false);
      if (channel.connect(at(address, port))) {
        throw new AssertionError("answered: address=" + address + " port=" + port);
      }
      return channel;
    });
  }

  /**
   * Drops what TCP clients send to this port of this namespace. On the client's host the flow stays
   * in SYN_SENT; here there is no entry, unless the client is here too.
   */
  public void dropRequests(int port) {
    dropArriving("tcp dport " + port);
  }

  /**
   * Drops what TCP servers send back from this port. On the server's host the flow stays in
   * SYN_RECV: an inbound connection that is opening.
   */
  public void dropAnswers(int port) {
    dropArriving("tcp sport " + port);
  }

  private void dropArriving(String match) {
    namespace.nft(
        """
        table inet traffic {
          chain arriving {
            type filter hook input priority filter
            %s counter drop
          }
        }
        """
            .formatted(match));
  }

  /** Waits until something has been dropped here, and drops no more. */
  public void dropNoMore() {
    Await.until(
        "a dropped packet",
        () -> namespace.sh("nft list table inet traffic"),
        rules -> !rules.contains("packets 0 "));
    namespace.sh("nft delete table inet traffic");
  }

  /** Sends one UDP datagram and waits for nothing; the flow stays unanswered. */
  public void send(String address, int port) throws IOException {
    namespace.run(() -> sendOne(hold(new DatagramSocket()), at(address, port)));
  }

  /** Binds a UDP socket for {@link #exchange}; port 0 is any free one. */
  public DatagramSocket bind(String address, int port) throws IOException {
    return namespace.call(() -> {
      DatagramSocket server = hold(new DatagramSocket(at(address, port)));
      server.setSoTimeout(LIMIT_MS);
      return server;
    });
  }

  /** Sends one datagram to the server and one back: an answered UDP flow. */
  public void exchange(DatagramSocket server) throws IOException {
    DatagramSocket client = namespace.call(() -> hold(new DatagramSocket()));
    client.setSoTimeout(LIMIT_MS);
    sendOne(client, (InetSocketAddress) server.getLocalSocketAddress());
    DatagramPacket request = receiveOne(server);
    sendOne(server, (InetSocketAddress) request.getSocketAddress());
    receiveOne(client);
  }

  private static void sendOne(DatagramSocket from, InetSocketAddress to) throws IOException {
    from.send(new DatagramPacket(new byte[1], 1, to));
  }

  private static DatagramPacket receiveOne(DatagramSocket socket) throws IOException {
    var packet = new DatagramPacket(new byte[1], 1);
    socket.receive(packet);
    return packet;
  }

  /** Sends an ICMP or ICMPv6 echo request and waits for the answer. */
  public void echo(String address) throws IOException {
    if (!namespace.call(() -> InetAddress.ofLiteral(address).isReachable(LIMIT_MS))) {
      throw new AssertionError("no echo from address=" + address);
    }
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  private <S extends AutoCloseable> S hold(S socket) {
    open.add(socket);
    if (open.count() > MAX_OPEN) {
      throw new IllegalStateException("more than MAX_OPEN=" + MAX_OPEN + " sockets are open");
    }
    return socket;
  }

  /** Closes all sockets that this opened or accepted. Rules that drop stay with the namespace. */
  @Override
  public void close() {
    open.close();
  }
}
