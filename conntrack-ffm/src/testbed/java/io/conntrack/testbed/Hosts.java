package io.conntrack.testbed;

/**
 * Two hosts joined by a cable, for real connections. Both track connections.
 *
 * <pre>
 *   a 10.77.0.1 fd77::1   &lt;-- cable --&gt;   b 10.77.0.2 fd77::2
 * </pre>
 */
public final class Hosts implements AutoCloseable {
  public static final String A_IPV4 = "10.77.0.1";
  public static final String A_IPV6 = "fd77::1";
  public static final String B_IPV4 = "10.77.0.2";
  public static final String B_IPV6 = "fd77::2";

  private final Resources resources;
  private final Namespace a;
  private final Namespace b;

  private Hosts(Resources resources) {
    this.resources = resources;
    a = resources.add(Namespace.create());
    b = resources.add(Namespace.create());
    Cable.join(new Cable.End(a, A_IPV4, A_IPV6), new Cable.End(b, B_IPV4, B_IPV6));
    a.trackConnections();
    b.trackConnections();
  }

  /** Makes both hosts and the cable; what {@link Namespace#create} throws comes out of here. */
  public static Hosts create() {
    return Resources.ownedBy(Hosts::new);
  }

  public Namespace a() {
    return a;
  }

  public Namespace b() {
    return b;
  }

  /** Closes both namespaces. */
  @Override
  public void close() {
    resources.close();
  }
}
