package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.BPF_ABS;
import static io.conntrack.ffm.generated.Netfilter.BPF_B;
import static io.conntrack.ffm.generated.Netfilter.BPF_IMM;
import static io.conntrack.ffm.generated.Netfilter.BPF_IND;
import static io.conntrack.ffm.generated.Netfilter.BPF_JEQ;
import static io.conntrack.ffm.generated.Netfilter.BPF_JMP;
import static io.conntrack.ffm.generated.Netfilter.BPF_LD;
import static io.conntrack.ffm.generated.Netfilter.BPF_LDX;
import static io.conntrack.ffm.generated.Netfilter.BPF_MISC;
import static io.conntrack.ffm.generated.Netfilter.BPF_RET;
import static io.conntrack.ffm.generated.Netfilter.BPF_TAX;
import static io.conntrack.ffm.generated.Netfilter.BPF_W;
import static io.conntrack.ffm.generated.Netfilter.SKF_AD_NLATTR;
import static io.conntrack.ffm.generated.Netfilter.SKF_AD_NLATTR_NEST;
import static io.conntrack.ffm.generated.Netfilter.SKF_AD_OFF;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.generated.sock_filter;
import io.conntrack.ffm.generated.sock_fprog;
import io.conntrack.ffm.message.Netlink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A program for the kernel's classic BPF machine, which has an accumulator and an index register.
 * It begins at a netlink message's header. {@code SKF_AD_NLATTR} replaces the accumulator, an
 * offset, by that of the first attribute of the type in the index register, or by 0; {@code
 * SKF_AD_NLATTR_NEST} looks among the attributes inside.
 *
 * <p>A jump goes on at a label, which is placed now or later. It leads forward, over 255 steps at
 * most.
 */
final class FilterProgram {
  /** What makes one. */
  @FunctionalInterface
  interface Maker {
    /** The program for SO_ATTACH_FILTER, in the arena, or null for none. */
    MemorySegment program(Arena arena);
  }

  /** The labels of the two ends. What falls through the last step is dropped. */
  static final int ACCEPT = 0;

  static final int DROP = 1;

  /** The label of the step behind the jump. */
  static final int NEXT = 2;

  private static final int WHOLE = -1;
  private static final int ATTRIBUTES = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
  private static final int ATTRIBUTE_PAYLOAD = 4;

  private record Step(int code, int value, int ifTrue, int ifFalse) {}

  private final List<Step> steps = new ArrayList<>();

  /** For each label the step that it stands before. */
  private final List<Integer> places = new ArrayList<>(List.of(0, 0, 0));

  /** A label that is yet to be placed. */
  int label() {
    places.add(0);
    return places.size() - 1;
  }

  /** Places a label before the step that is added next. */
  void place(int label) {
    places.set(label, steps.size());
  }

  /** To where an attribute inside others begins; or, when one is missing, to {@code otherwise}. */
  void find(int outermost, int otherwise, int... nested) {
    add(BPF_LD() | BPF_IMM(), ATTRIBUTES);
    find(SKF_AD_NLATTR(), outermost, otherwise);
    for (int type : nested) {
      find(SKF_AD_NLATTR_NEST(), type, otherwise);
    }
  }

  private void find(int how, int type, int otherwise) {
    add(BPF_LDX() | BPF_IMM(), type);
    add(BPF_LD() | BPF_W() | BPF_ABS(), SKF_AD_OFF() + how);
    jump(BPF_JEQ(), 0, otherwise, NEXT);
  }

  /** Of the attribute that was found. */
  void loadPayloadByte(int offset) {
    add(BPF_MISC() | BPF_TAX(), 0);
    add(BPF_LD() | BPF_B() | BPF_IND(), ATTRIBUTE_PAYLOAD + offset);
  }

  /** Of the message. */
  void loadByte(int offset) {
    add(BPF_LD() | BPF_B() | BPF_ABS(), offset);
  }

  /** Compares what was loaded. */
  void jump(int condition, int value, int ifTrue, int ifFalse) {
    steps.add(new Step(BPF_JMP() | condition, value, ifTrue, ifFalse));
  }

  /** In any case: a comparison with 0 has two ends, too. */
  void jump(int label) {
    jump(BPF_JEQ(), 0, label, label);
  }

  private void add(int code, int value) {
    steps.add(new Step(code, value, NEXT, NEXT));
  }

  /** As struct sock_fprog. */
  MemorySegment allocate(Arena arena) {
    place(DROP);
    add(BPF_RET(), 0);
    place(ACCEPT);
    add(BPF_RET(), WHOLE);
    MemorySegment filter = sock_filter.allocateArray(steps.size(), arena);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      MemorySegment target = sock_filter.asSlice(filter, i);
      sock_filter.code(target, (short) step.code);
      sock_filter.k(target, step.value);
      sock_filter.jt(target, distance(i, step.ifTrue));
      sock_filter.jf(target, distance(i, step.ifFalse));
    }
    MemorySegment program = sock_fprog.allocate(arena);
    sock_fprog.len(program, (short) steps.size());
    sock_fprog.filter(program, filter);
    return program;
  }

  private byte distance(int from, int label) {
    return (byte) (label == NEXT ? 0 : places.get(label) - from - 1);
  }
}
