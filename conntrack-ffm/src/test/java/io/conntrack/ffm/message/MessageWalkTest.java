package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.ffm.generated.Netfilter;
import io.conntrack.ffm.generated.nlmsghdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MessageWalkTest {
  private static final long LENGTH = 32;
  private static final int EPROTO = 71;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment messages = arena.allocate(4 * LENGTH, 8);
  private final List<Long> visited = new ArrayList<>();

  @BeforeEach
  void writeFourMessages() {
    for (int i = 0; i < 4; i++) {
      MemorySegment header = messages.asSlice(i * LENGTH);
      nlmsghdr.nlmsg_len(header, (int) LENGTH);
      nlmsghdr.nlmsg_type(header, (short) 0x100);
      nlmsghdr.nlmsg_seq(header, 7);
    }
  }

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void everyMessageIsVisitedInItsPlace() {
    MessageWalk walk = new MessageWalk(arena, messages, this::visit);

    assertThat(walk.run(3 * LENGTH, 0, 0)).isZero();
    assertThat(visited).containsExactly(0L, 32L, 64L);
    assertThat(walk.endBytes()).isEqualTo(96);
  }

  @Test
  void whatTheVisitorThrowsReachesTheCallerAndNotTheLibrary() {
    RuntimeException thrown = new RuntimeException("thrown in the upcall");
    MessageWalk walk =
        new MessageWalk(
            arena,
            messages,
            (memory, offset) -> {
              visited.add(offset);
              throw thrown;
            });

    assertThatThrownBy(() -> walk.run(4 * LENGTH, 0, 0)).hasCause(thrown);
    assertThat(visited).containsExactly(0L);
    assertThatThrownBy(() -> walk.run(4 * LENGTH, 0, 0)).hasCause(thrown);
  }

  @Test
  void doneAndErrorMessagesAreVisitedAndEmptyOnesAreNot() {
    type(0, Netfilter.NLMSG_NOOP());
    type(1, Netfilter.NLMSG_ERROR());
    type(3, Netfilter.NLMSG_DONE());
    MessageWalk walk = new MessageWalk(arena, messages, this::visit);

    assertThat(walk.run(4 * LENGTH, 0, 0)).isZero();
    assertThat(visited).containsExactly(32L, 64L, 96L);
  }

  @Test
  void aVisitorCanEndTheWalk() {
    MessageWalk walk =
        new MessageWalk(arena, messages, (memory, offset) -> visit(memory, offset) && offset < 32);

    assertThat(walk.run(4 * LENGTH, 0, 0)).isZero();
    assertThat(visited).containsExactly(0L, 32L);
  }

  @Test
  void aDumpThatTheKernelFlagsAsInterruptedIsRefused() {
    nlmsghdr.nlmsg_flags(messages.asSlice(LENGTH), (short) Netlink.DUMP_INTERRUPTED);
    MessageWalk walk = new MessageWalk(arena, messages, this::visit);

    assertThat(walk.run(4 * LENGTH, 0, 0)).isEqualTo(Netfilter.EINTR());
    assertThat(visited).containsExactly(0L);
  }

  @Test
  void anAnswerToAnotherRequestIsRefused() {
    MessageWalk walk = new MessageWalk(arena, messages, this::visit);

    assertThat(walk.run(4 * LENGTH, 7, 0)).isZero();
    assertThat(walk.run(4 * LENGTH, 8, 0)).isEqualTo(EPROTO);
  }

  @Test
  void anAnswerToAnotherRequestIsRefusedBehindAnswersToThisOneToo() {
    nlmsghdr.nlmsg_seq(messages.asSlice(2 * LENGTH), 8);
    nlmsghdr.nlmsg_pid(messages.asSlice(LENGTH), 9);
    MessageWalk walk = new MessageWalk(arena, messages, this::visit);

    assertThat(walk.run(4 * LENGTH, 7, 0)).isEqualTo(EPROTO);
    assertThat(visited).containsExactly(0L, 32L);

    visited.clear();
    assertThat(walk.run(4 * LENGTH, 0, 0)).as("where neither is checked").isZero();
    assertThat(visited).containsExactly(0L, 32L, 64L, 96L);
  }

  @Test
  void aMessageThatClaimsMoreThanThereIsEndsTheWalkBeforeIt() {
    nlmsghdr.nlmsg_len(messages.asSlice(LENGTH), (int) (4 * LENGTH));
    MessageWalk walk = new MessageWalk(arena, messages, this::visit);

    assertThat(walk.run(4 * LENGTH, 0, 0)).isZero();
    assertThat(visited).containsExactly(0L);
    assertThat(walk.endBytes()).isEqualTo(LENGTH);
  }

  @Test
  void aMessageThatClaimsMoreThanAnIntCanSayEndsTheWalkBeforeIt() {
    // libmnl alone would walk the first in a circle: rounded up, its length is 0.
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MIN_VALUE + 32}) {
      visited.clear();
      nlmsghdr.nlmsg_len(messages.asSlice(LENGTH), length);
      MessageWalk walk = new MessageWalk(arena, messages, this::visit);

      assertThat(walk.run(4 * LENGTH, 0, 0)).isZero();
      assertThat(visited).containsExactly(0L);
    }
  }

  private void type(int message, int type) {
    nlmsghdr.nlmsg_type(messages.asSlice(message * LENGTH), (short) type);
  }

  private boolean visit(MemorySegment memory, long offset) {
    visited.add(offset);
    return true;
  }
}
