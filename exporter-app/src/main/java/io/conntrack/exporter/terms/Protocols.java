package io.conntrack.exporter.terms;

import java.util.Set;
import java.util.TreeSet;

/** The protocols whose flows are counted. Immutable; asked for every message. */
public final class Protocols {
  /** A protocol that can be asked for. */
  public enum Protocol {
    TCP,
    UDP,
    SCTP,
    ICMP;

    /** Its numbers in IP headers. */
    private Set<Integer> numbers() {
      return switch (this) {
        case TCP -> Set.of(IpProtocol.TCP);
        case UDP -> Set.of(IpProtocol.UDP);
        case SCTP -> Set.of(IpProtocol.SCTP);
        case ICMP -> Set.of(IpProtocol.ICMP, IpProtocol.ICMPV6);
      };
    }
  }

  private static final int NUMBERS = 256;

  private final boolean[] counted = new boolean[NUMBERS];

  public Protocols(Set<Protocol> protocols) {
    protocols.forEach(protocol -> protocol.numbers().forEach(number -> counted[number] = true));
  }

  /** Whether flows of the IP protocol of this number, 0 to 255, are counted. */
  public boolean contain(int number) {
    return counted[number];
  }

  public Set<Integer> numbers() {
    Set<Integer> numbers = new TreeSet<>();
    for (int number = 0; number < NUMBERS; number++) {
      if (counted[number]) {
        numbers.add(number);
      }
    }
    return numbers;
  }
}
