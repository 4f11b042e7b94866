package io.conntrack.testbed;

import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Many flows of one host in a usual mixture, to be written into its table.
 *
 * @param ipv4 an address of the host
 * @param ipv6 another one
 */
public record FlowMix(String ipv4, String ipv6) {
  private static final TcpState[] STATES = TcpState.values();
  private static final int ENDPOINTS = 100;

  /**
   * This many, a multiple of 8, of both families and directions, in every state that is counted:
   * half of them {@link #outbound}, a quarter inbound, an eighth outbound over IPv6, an eighth
   * forwarded.
   */
  public Stream<SyntheticFlow> mixed(int count) {
    SyntheticFlow inbound = SyntheticFlow.of(Tuple.tcp("10.9.0.1", 40000, ipv4, 443));
    SyntheticFlow outbound6 = SyntheticFlow.of(Tuple.tcp(ipv6, 40000, "2001:db8::1", 443));
    SyntheticFlow forwarded = SyntheticFlow.of(Tuple.tcp("10.4.0.1", 40000, "192.0.2.109", 443));
    return Stream.of(
            outbound(count / 2),
            inEveryState(inbound, count / 4),
            inEveryState(outbound6, count / 8),
            inEveryState(forwarded, count / 8))
        .flatMap(Function.identity());
  }

  /** Established ones, to 100 endpoints; at most 5,000,000. */
  public Stream<SyntheticFlow> outbound(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            SyntheticFlow.of(
                Tuple.tcp(ipv4, 10_000 + i / ENDPOINTS, "192.0.2." + i % ENDPOINTS, 3306)));
  }

  private static Stream<SyntheticFlow> inEveryState(SyntheticFlow flow, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> flow.client(i).state(STATES[1 + i % (STATES.length - 1)]));
  }
}
