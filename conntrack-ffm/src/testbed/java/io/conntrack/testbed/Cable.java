package io.conntrack.testbed;

import java.util.concurrent.atomic.AtomicInteger;

/** A veth pair between two namespaces; it goes when either of them goes. */
final class Cable {
  /** Above what the kernel gives out by itself, which starts at 1 in each namespace. */
  private static final int FIRST_INDEX = 1000;

  private static final AtomicInteger LAID = new AtomicInteger();

  private Cable() {}

  /** One end of a cable: where it is plugged in, and that host's addresses on it. */
  record End(Namespace host, String ipv4, String ipv6) {
    /**
     * To be called before the device is made: without duplicate address detection its addresses
     * serve at once, the link-local one too, from which a router asks for its neighbours.
     */
    void trustAddresses() {
      host.sysctl("net.ipv6.conf.default.accept_dad", 0);
    }

    void up(String device) {
      host.sh(
          """
          ip addr add %2$s/24 dev %1$s
          ip addr add %3$s/64 dev %1$s
          ip link set %1$s up
          """
              .formatted(device, ipv4, ipv6));
    }
  }

  /**
   * Lays a cable; the device has the same name at both ends, unlike that of any other cable. Its
   * index is unlike that of the other end: where the two are equal, the kernel takes up to a second
   * to see the carrier (linkwatch_urgent_event), and until then IPv6 does not work.
   */
  static void join(End one, End other) {
    int number = LAID.incrementAndGet();
    String device = "cable" + number;
    one.trustAddresses();
    other.trustAddresses();
    one.host.sh(
        "ip link add %1$s index %2$d type veth peer name %1$s netns %3$d"
            .formatted(device, FIRST_INDEX + number, other.host.id().thread()));
    one.up(device);
    other.up(device);
  }
}
