package io.conntrack.ffm.request;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Any bytes with a netlink header may come in a dump of rules or flows: no exception, and so no
 * read beyond the message.
 */
class NetfilterDumpFuzz {
  @FuzzTest
  void visit(byte[] message) {
    if (message.length < Netlink.HEADER_BYTES) {
      return; // libmnl passes on no such message
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(arena, message);
      nlmsghdr.nlmsg_len(memory, message.length);
      new ConntrackRules.Counter().visit(memory, 0);
      new TableSurvey.Counter().visit(memory, 0);
    }
  }
}
