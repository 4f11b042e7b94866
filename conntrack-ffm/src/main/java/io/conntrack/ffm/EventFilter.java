package io.conntrack.ffm;

import static io.conntrack.ffm.generated.Netfilter.BPF_ABS;
import static io.conntrack.ffm.generated.Netfilter.BPF_B;
import static io.conntrack.ffm.generated.Netfilter.BPF_IMM;
import static io.conntrack.ffm.generated.Netfilter.BPF_IND;
import static io.conntrack.ffm.generated.Netfilter.BPF_JEQ;
import static io.conntrack.ffm.generated.Netfilter.BPF_JMP;
import static io.conntrack.ffm.generated.Netfilter.BPF_JSET;
import static io.conntrack.ffm.generated.Netfilter.BPF_LD;
import static io.conntrack.ffm.generated.Netfilter.BPF_LDX;
import static io.conntrack.ffm.generated.Netfilter.BPF_MISC;
import static io.conntrack.ffm.generated.Netfilter.BPF_RET;
import static io.conntrack.ffm.generated.Netfilter.BPF_TAX;
import static io.conntrack.ffm.generated.Netfilter.BPF_W;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTOINFO;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTOINFO_TCP;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTOINFO_TCP_STATE;
import static io.conntrack.ffm.generated.Netfilter.CTA_PROTO_NUM;
import static io.conntrack.ffm.generated.Netfilter.CTA_TUPLE_ORIG;
import static io.conntrack.ffm.generated.Netfilter.CTA_TUPLE_PROTO;
import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_DELETE;
import static io.conntrack.ffm.generated.Netfilter.IPPROTO_TCP;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_CREATE;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_EXCL;
import static io.conntrack.ffm.generated.Netfilter.SKF_AD_NLATTR;
import static io.conntrack.ffm.generated.Netfilter.SKF_AD_NLATTR_NEST;
import static io.conntrack.ffm.generated.Netfilter.SKF_AD_OFF;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_CLOSE;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_CLOSE_WAIT;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_ESTABLISHED;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_FIN_WAIT;
import static io.conntrack.ffm.generated.Netfilter.TCP_CONNTRACK_TIME_WAIT;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.generated.sock_filter;
import io.conntrack.ffm.generated.sock_fprog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Which events an {@link EventSocket} takes; the kernel queues no others. */
public enum EventFilter {
  /** All. */
  ALL,

  /**
   * Of TCP each NEW and DESTROY, and an UPDATE to a state that differs from the one before it in
   * what is counted: not to SYN_RECV, which is still opening, nor to LAST_ACK, which is closing for
   * at most 30 seconds more, nor an UPDATE without a state. CLOSE_WAIT comes after FIN_WAIT, but
   * may be all that is told: the kernel tells the state of when it writes the event, and two
   * packets at once on two processors make one event of two.
   */
  TCP_CHANGES;

  private static final int[] TOLD_STATES = {
    TCP_CONNTRACK_ESTABLISHED(),
    TCP_CONNTRACK_FIN_WAIT(),
    TCP_CONNTRACK_CLOSE_WAIT(),
    TCP_CONNTRACK_TIME_WAIT(),
    TCP_CONNTRACK_CLOSE()
  };

  /** The filter for SO_ATTACH_FILTER, or null for none. */
  MemorySegment program(Arena arena) {
    return this == ALL ? null : new Program().tcpChanges().allocate(arena);
  }

  /**
   * A program for the kernel's classic BPF machine, which has an accumulator and an index register.
   * It begins at the message's header. {@code SKF_AD_NLATTR} replaces the accumulator, an offset,
   * by that of the first attribute of the type in the index register, or by 0; {@code
   * SKF_AD_NLATTR_NEST} looks among the attributes inside.
   */
  private static final class Program {
    private static final int ACCEPT = -1;
    private static final int DROP = -2;
    private static final int WHOLE = -1;

    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final int TYPE_LOW_BYTE = LITTLE ? 4 : 5;
    private static final int FLAGS_HIGH_BYTE = LITTLE ? 7 : 6;
    private static final int CREATED = (NLM_F_CREATE() | NLM_F_EXCL()) >> Byte.SIZE;
    private static final int ATTRIBUTES = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
    private static final int ATTRIBUTE_PAYLOAD = 4;

    /** A jump goes to a step, or to ACCEPT or DROP, which are the last two. */
    private record Step(int code, int value, int ifTrue, int ifFalse) {}

    private final List<Step> steps = new ArrayList<>();

    Program tcpChanges() {
      find(CTA_TUPLE_ORIG(), ACCEPT, CTA_TUPLE_PROTO(), CTA_PROTO_NUM());
      loadPayloadByte();
      jump(BPF_JEQ(), IPPROTO_TCP(), next(), DROP);
      load(TYPE_LOW_BYTE);
      jump(BPF_JEQ(), IPCTNL_MSG_CT_DELETE(), ACCEPT, next());
      load(FLAGS_HIGH_BYTE);
      jump(BPF_JSET(), CREATED, ACCEPT, next());
      find(CTA_PROTOINFO(), DROP, CTA_PROTOINFO_TCP(), CTA_PROTOINFO_TCP_STATE());
      loadPayloadByte();
      for (int state : TOLD_STATES) {
        jump(BPF_JEQ(), state, ACCEPT, next());
      }
      return this;
    }

    /**
     * To where an attribute inside others begins; or, when one is missing, to {@code otherwise}.
     */
    private void find(int outermost, int otherwise, int... nested) {
      add(BPF_LD() | BPF_IMM(), ATTRIBUTES);
      find(SKF_AD_NLATTR(), outermost, otherwise);
      for (int type : nested) {
        find(SKF_AD_NLATTR_NEST(), type, otherwise);
      }
    }

    private void find(int how, int type, int otherwise) {
      add(BPF_LDX() | BPF_IMM(), type);
      add(BPF_LD() | BPF_W() | BPF_ABS(), SKF_AD_OFF() + how);
      jump(BPF_JEQ(), 0, otherwise, next());
    }

    private void loadPayloadByte() {
      add(BPF_MISC() | BPF_TAX(), 0);
      add(BPF_LD() | BPF_B() | BPF_IND(), ATTRIBUTE_PAYLOAD);
    }

    private void load(int offset) {
      add(BPF_LD() | BPF_B() | BPF_ABS(), offset);
    }

    private void jump(int condition, int value, int ifTrue, int ifFalse) {
      steps.add(new Step(BPF_JMP() | condition, value, ifTrue, ifFalse));
    }

    private void add(int code, int value) {
      steps.add(new Step(code, value, next(), next()));
    }

    private int next() {
      return steps.size() + 1;
    }

    /** As struct sock_fprog. What falls through the last step is dropped. */
    MemorySegment allocate(Arena arena) {
      int drop = steps.size();
      int accept = drop + 1;
      add(BPF_RET(), 0);
      add(BPF_RET(), WHOLE);
      MemorySegment filter = sock_filter.allocateArray(steps.size(), arena);
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        MemorySegment target = sock_filter.asSlice(filter, i);
        sock_filter.code(target, (short) step.code);
        sock_filter.k(target, step.value);
        sock_filter.jt(target, distance(i, step.ifTrue, accept, drop));
        sock_filter.jf(target, distance(i, step.ifFalse, accept, drop));
      }
      MemorySegment program = sock_fprog.allocate(arena);
      sock_fprog.len(program, (short) steps.size());
      sock_fprog.filter(program, filter);
      return program;
    }

    private static byte distance(int from, int to, int accept, int drop) {
      int target = to == ACCEPT ? accept : to == DROP ? drop : to;
      return (byte) (target - from - 1);
    }
  }
}
