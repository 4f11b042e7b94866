package io.conntrack.testbed;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A flow to be written into the kernel's table without any traffic. Immutable: each setting gives a
 * changed copy. For example a connection that was translated to another server:
 *
 * <pre>{@code
 * SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 80))
 *     .reply(Tuple.tcp("10.1.0.7", 8080, "10.0.0.1", 40000))
 *     .state(TcpState.TIME_WAIT)
 *     .mark(7)
 * }</pre>
 */
public final class SyntheticFlow {
  /** Status bits, see {@code enum ip_conntrack_status}. */
  public static final int SEEN_REPLY = 1 << 1;

  public static final int ASSURED = 1 << 2;

  private static final int CONFIRMED = 1 << 3;
  private static final int CLIENT_PORTS = 50_000;
  private static final int MAX_ZONE = 0xffff;
  private static final int FIRST_CLIENT_PORT = 10_000;

  /** Which direction of a flow is in its zone; the other one is in zone 0. */
  public enum ZoneDirection {
    /** As the rule {@code ct zone set} gives it: CTA_ZONE. */
    BOTH,
    /** As {@code ct original zone set} gives it: CTA_TUPLE_ZONE in the original tuple only. */
    ORIGINAL,
    /** As {@code ct reply zone set} gives it: CTA_TUPLE_ZONE in the reply tuple only. */
    REPLY
  }

  private final Tuple original;
  private Tuple reply;
  private TcpState state;
  private SctpState sctpState;
  private int status = SEEN_REPLY | ASSURED | CONFIRMED;
  private int timeoutSeconds = 3600;
  private int mark;
  private int zone;
  private ZoneDirection zoneDirection = ZoneDirection.BOTH;

  private SyntheticFlow(Tuple original) {
    this.original = original;
  }

  /**
   * A flow that nothing translates, answered and assured, with an hour to live; a TCP connection is
   * ESTABLISHED.
   */
  public static SyntheticFlow of(Tuple original) {
    var flow = new SyntheticFlow(original);
    flow.reply = original.reversed();
    flow.state = original.protocol() == Tuple.TCP ? TcpState.ESTABLISHED : null;
    return flow;
  }

  private SyntheticFlow with(Consumer<SyntheticFlow> change) {
    return withOriginal(original, change);
  }

  private SyntheticFlow withOriginal(Tuple otherOriginal, Consumer<SyntheticFlow> change) {
    var copy = new SyntheticFlow(otherOriginal);
    copy.reply = reply;
    copy.state = state;
    copy.sctpState = sctpState;
    copy.status = status;
    copy.timeoutSeconds = timeoutSeconds;
    copy.mark = mark;
    copy.zone = zone;
    copy.zoneDirection = zoneDirection;
    change.accept(copy);
    return copy;
  }

  /**
   * The same flow from the index-th client: 50,000 ports of this flow's source address, then of the
   * addresses after it. All indexes from 0 to 2^31-1 give different flows. The reply tuple becomes
   * the reversed original.
   */
  public SyntheticFlow client(int index) {
    InetAddress source = after(original.source(), index / CLIENT_PORTS);
    Tuple tuple = original.from(source, FIRST_CLIENT_PORT + index % CLIENT_PORTS);
    return withOriginal(tuple, flow -> flow.reply = tuple.reversed());
  }

  private static InetAddress after(InetAddress address, int count) {
    byte[] octets = address.getAddress();
    int carry = count;
    for (int i = octets.length - 1; carry != 0 && i >= 0; i--) {
      carry += octets[i] & 0xff;
      octets[i] = (byte) carry;
      carry >>= 8;
    }
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address has 4 or 16 octets", e);
    }
  }

  /** The reply tuple, where NAT makes it another than the reversed original. */
  public SyntheticFlow reply(Tuple replyTuple) {
    return with(flow -> flow.reply = replyTuple);
  }

  /** The state of a TCP connection. */
  public SyntheticFlow state(TcpState tcpState) {
    return with(flow -> flow.state = tcpState);
  }

  /** The state of an SCTP association; without, the kernel has it as NONE. */
  public SyntheticFlow state(SctpState state) {
    return with(flow -> flow.sctpState = state);
  }

  /** The status bits. CONFIRMED is added; an update can't take any of the three bits away. */
  public SyntheticFlow status(int statusBits) {
    return with(flow -> flow.status = statusBits | CONFIRMED);
  }

  /** How long the entry lives unless it is updated. */
  public SyntheticFlow timeoutSeconds(int seconds) {
    return with(flow -> flow.timeoutSeconds = seconds);
  }

  public SyntheticFlow mark(int ctMark) {
    return with(flow -> flow.mark = ctMark);
  }

  /** The zone, 1 to 65535, and the directions that are in it. */
  public SyntheticFlow zone(int id, ZoneDirection direction) {
    if (id < 1 || id > MAX_ZONE) {
      throw new IllegalArgumentException("zone=" + id + " is not within 1 and " + MAX_ZONE);
    }
    return with(flow -> {
      flow.zone = id;
      flow.zoneDirection = direction;
    });
  }

  public Tuple original() {
    return original;
  }

  public Tuple reply() {
    return reply;
  }

  /** Empty for what is not TCP. */
  public Optional<TcpState> state() {
    return Optional.ofNullable(state);
  }

  /** Empty for what is not SCTP. */
  public Optional<SctpState> sctpState() {
    return Optional.ofNullable(sctpState);
  }

  public int status() {
    return status;
  }

  public int timeoutSeconds() {
    return timeoutSeconds;
  }

  public int mark() {
    return mark;
  }

  public int zone() {
    return zone;
  }

  public ZoneDirection zoneDirection() {
    return zoneDirection;
  }

  @Override
  public String toString() {
    return "SyntheticFlow[original=%s reply=%s state=%s status=0x%x mark=%d zone=%d %s]"
        .formatted(original, reply, state, status, mark, zone, zoneDirection);
  }
}
