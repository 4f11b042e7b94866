package io.conntrack.testbed;

/**
 * Two hosts and the router between them, for connections that a host only forwards, with or without
 * NAT. All three track connections.
 *
 * <pre>
 *   client               router                                         server
 *   10.77.0.1 fd77::1    10.77.0.254 fd77::fe | 10.78.0.254 fd78::fe    10.78.0.2 fd78::2
 * </pre>
 */
public final class RoutedHosts implements AutoCloseable {
  public static final String CLIENT_IPV4 = "10.77.0.1";
  public static final String CLIENT_IPV6 = "fd77::1";
  public static final String ROUTER_IPV4 = "10.77.0.254";
  public static final String ROUTER_IPV6 = "fd77::fe";
  public static final String SERVER_IPV4 = "10.78.0.2";
  public static final String SERVER_IPV6 = "fd78::2";

  public static final String ROUTER_FAR_IPV4 = "10.78.0.254";
  private static final String ROUTER_FAR_IPV6 = "fd78::fe";

  private final Resources resources;
  private final Namespace client;
  private final Namespace router;
  private final Namespace server;

  private RoutedHosts(Resources resources) {
    this.resources = resources;
    client = resources.add(Namespace.create());
    router = resources.add(Namespace.create());
    server = resources.add(Namespace.create());
    Cable.join(
        new Cable.End(client, CLIENT_IPV4, CLIENT_IPV6),
        new Cable.End(router, ROUTER_IPV4, ROUTER_IPV6));
    Cable.join(
        new Cable.End(router, ROUTER_FAR_IPV4, ROUTER_FAR_IPV6),
        new Cable.End(server, SERVER_IPV4, SERVER_IPV6));
    routeBy(client, ROUTER_IPV4, ROUTER_IPV6);
    routeBy(server, ROUTER_FAR_IPV4, ROUTER_FAR_IPV6);
    router.sysctl("net.ipv4.ip_forward", 1);
    router.sysctl("net.ipv6.conf.all.forwarding", 1);
    client.trackConnections();
    router.trackConnections();
    server.trackConnections();
  }

  /** Makes the hosts, cables and routes; what {@link Namespace#create} throws comes out of here. */
  public static RoutedHosts create() {
    return Resources.ownedBy(RoutedHosts::new);
  }

  private static void routeBy(Namespace host, String ipv4, String ipv6) {
    host.sh("ip route add default via " + ipv4 + "\nip route add default via " + ipv6);
  }

  /**
   * Lets the router send on to the server what arrives for this TCP port of its own: destination
   * NAT, both address families. The server then sees the client's address. One port a router.
   */
  public void forwardPort(int routerPort, int serverPort) {
    router.nft(
        """
        table inet forward_port {
          chain arriving {
            type nat hook prerouting priority dstnat;
            ip daddr %1$s tcp dport %3$d dnat ip to %4$s:%6$d
            ip6 daddr %2$s tcp dport %3$d dnat ip6 to [%5$s]:%6$d
          }
        }
        """
            .formatted(ROUTER_IPV4, ROUTER_IPV6, routerPort, SERVER_IPV4, SERVER_IPV6, serverPort));
  }

  public Namespace client() {
    return client;
  }

  public Namespace router() {
    return router;
  }

  public Namespace server() {
    return server;
  }

  /** Closes the three namespaces. */
  @Override
  public void close() {
    resources.close();
  }
}
