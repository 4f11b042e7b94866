package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.BPF_JEQ;
import static io.conntrack.ffm.generated.Netfilter.BPF_JSET;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTOINFO;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTOINFO_TCP;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTOINFO_TCP_STATE;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTO_NUM;
import static io.conntrack.ffm.generated.Netfilter.CTA_STATUS;
import static io.conntrack.ffm.generated.Netfilter.CTA_TUPLE_ORIG;
import static io.conntrack.ffm.generated.Netfilter.CTA_TUPLE_PROTO;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_DELETE;
import static io.conntrack.ffm.generated.Netfilter.IPPROTO_SCTP;
import static io.conntrack.ffm.generated.Netfilter.IPPROTO_TCP;
import static io.conntrack.ffm.generated.Netfilter.IPS_HW_OFFLOAD;
import static io.conntrack.ffm.generated.Netfilter.IPS_OFFLOAD;
import static io.conntrack.ffm.generated.Netfilter.IPS_SEEN_REPLY;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_CREATE;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_EXCL;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_CLOSE;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_CLOSE_WAIT;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_ESTABLISHED;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_FIN_WAIT;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_TIME_WAIT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * Which events an {@link EventSocket} takes; the kernel queues no others.
 *
 * <p>Of the protocols asked for each NEW and DESTROY, and an UPDATE that can change what is
 * counted:
 *
 * <ul>
 *   <li>Of TCP one to a state that differs from the one before it in what is counted: not to
 *       SYN_RECV, which is still opening, nor to LAST_ACK, which is closing for at most 30 seconds
 *       more, nor an UPDATE without a state. CLOSE_WAIT comes after FIN_WAIT, but may be all that
 *       is told: the kernel tells the state of when it writes the event, and two packets at once on
 *       two processors make one event of two. Where TCP's own states are counted, one to any. One
 *       of a flow that a flowtable has: Linux 5.10 puts it there in SYN_RECV, and it is open then.
 *   <li>Of SCTP one that tells its state.
 *   <li>Of what has no states one of a flow that has been answered: the first of these is the one
 *       that tells of it. (Of UDP another comes when the flow is assured.)
 * </ul>
 */
public final class EventFilter implements FilterProgram.Maker {
  /** All events of all protocols. */
  public static final EventFilter ALL = new EventFilter(Set.of(), true);

  private static final int[] TOLD_STATES = {
    TCP_CONNTRACK_ESTABLISHED(),
    TCP_CONNTRACK_FIN_WAIT(),
    TCP_CONNTRACK_CLOSE_WAIT(),
    TCP_CONNTRACK_TIME_WAIT(),
    TCP_CONNTRACK_CLOSE()
  };

  private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  static final int TYPE_LOW_BYTE = LITTLE ? 4 : 5;
  private static final int FLAGS_HIGH_BYTE = LITTLE ? 7 : 6;
  private static final int CREATED = (NLM_F_CREATE() | NLM_F_EXCL()) >> Byte.SIZE;

  /** CTA_STATUS is four bytes in network order, of which the last two have what is asked for. */
  private static final int STATUS_HIGH_BYTE = 2;

  private static final int STATUS_LOW_BYTE = 3;
  private static final int OFFLOADED = (IPS_OFFLOAD() | IPS_HW_OFFLOAD()) >> Byte.SIZE;

  private final Set<Integer> protocols;
  private final boolean everyTcpState;

  private EventFilter(Set<Integer> protocols, boolean everyTcpState) {
    this.protocols = protocols;
    this.everyTcpState = everyTcpState;
  }

  /**
   * What can change a count, of these protocols (IPPROTO_*), at least one.
   *
   * @param everyTcpState whether each of TCP's states is counted, and so an UPDATE to any passes
   */
  public static EventFilter changes(Set<Integer> protocols, boolean everyTcpState) {
    if (protocols.isEmpty()) {
      throw new IllegalArgumentException("protocols=[]: give at least one");
    }
    return new EventFilter(Set.copyOf(protocols), everyTcpState);
  }

  /** The filter for SO_ATTACH_FILTER, or null for none. */
  @Override
  public MemorySegment program(Arena arena) {
    if (protocols.isEmpty()) {
      return null;
    }
    FilterProgram program = new FilterProgram();
    passBeginningsAndEnds(program);
    int others = program.label();
    if (protocols.contains(IPPROTO_TCP())) {
      passTcpUpdates(program, others);
    }
    program.place(others);
    if (protocols.stream().anyMatch(protocol -> protocol != IPPROTO_TCP())) {
      passOtherUpdates(program);
    }
    return program.allocate(arena);
  }

  /** What goes on behind this is an UPDATE of one of the protocols. */
  private void passBeginningsAndEnds(FilterProgram program) {
    int wanted = program.label();
    loadProtocol(program, FilterProgram.ACCEPT);
    for (int protocol : protocols) {
      program.jump(BPF_JEQ(), protocol, wanted, FilterProgram.NEXT);
    }
    program.jump(FilterProgram.DROP);
    program.place(wanted);
    program.loadByte(TYPE_LOW_BYTE);
    program.jump(BPF_JEQ(), IPCTNL_MSG_CT_DELETE(), FilterProgram.ACCEPT, FilterProgram.NEXT);
    program.loadByte(FLAGS_HIGH_BYTE);
    program.jump(BPF_JSET(), CREATED, FilterProgram.ACCEPT, FilterProgram.NEXT);
  }

  private static void loadProtocol(FilterProgram program, int otherwise) {
    program.find(CTA_TUPLE_ORIG(), otherwise, CTA_TUPLE_PROTO(), CTA_PROTO_NUM());
    program.loadPayloadByte(0);
  }

  private void passTcpUpdates(FilterProgram program, int others) {
    if (protocols.size() > 1) {
      loadProtocol(program, FilterProgram.DROP);
      program.jump(BPF_JEQ(), IPPROTO_TCP(), FilterProgram.NEXT, others);
    }
    program.find(
        CTA_PROTOINFO(), FilterProgram.DROP, CTA_PROTOINFO_TCP(), CTA_PROTOINFO_TCP_STATE());
    program.loadPayloadByte(0);
    for (int state : TOLD_STATES) {
      program.jump(BPF_JEQ(), state, FilterProgram.ACCEPT, FilterProgram.NEXT);
    }
    if (everyTcpState) {
      program.jump(FilterProgram.ACCEPT);
    } else {
      program.find(CTA_STATUS(), FilterProgram.DROP);
      program.loadPayloadByte(STATUS_HIGH_BYTE);
      program.jump(BPF_JSET(), OFFLOADED, FilterProgram.ACCEPT, FilterProgram.DROP);
    }
  }

  private void passOtherUpdates(FilterProgram program) {
    int stateless = program.label();
    if (protocols.contains(IPPROTO_SCTP())) {
      loadProtocol(program, FilterProgram.DROP);
      program.jump(BPF_JEQ(), IPPROTO_SCTP(), FilterProgram.NEXT, stateless);
      program.find(CTA_PROTOINFO(), FilterProgram.DROP);
      program.jump(FilterProgram.ACCEPT);
    }
    program.place(stateless);
    program.find(CTA_STATUS(), FilterProgram.DROP);
    program.loadPayloadByte(STATUS_LOW_BYTE);
    program.jump(BPF_JSET(), IPS_SEEN_REPLY(), FilterProgram.ACCEPT, FilterProgram.DROP);
  }
}
