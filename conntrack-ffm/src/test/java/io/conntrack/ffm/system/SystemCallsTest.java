package io.conntrack.ffm.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SystemCallsTest {
  @Test
  void eachFunctionTakesWordsAndNoMoreThanEight() {
    for (FunctionDescriptor function :
        List.of(
            Netfilter.mnl_socket_open2$descriptor(),
            Netfilter.mnl_socket_bind$descriptor(),
            Netfilter.mnl_socket_get_fd$descriptor(),
            Netfilter.mnl_socket_get_portid$descriptor(),
            Netfilter.mnl_socket_sendto$descriptor(),
            Netfilter.mnl_socket_close$descriptor(),
            Netfilter.mnl_cb_run2$descriptor(),
            Netfilter.recvmmsg$descriptor(),
            Netfilter.setsockopt$descriptor(),
            Netfilter.getsockopt$descriptor(),
            Netfilter.poll$descriptor(),
            Netfilter.eventfd$descriptor(),
            Netfilter.read$descriptor(),
            Netfilter.write$descriptor(),
            Netfilter.close$descriptor())) {
      assertThat(function.argumentLayouts()).hasSizeLessThanOrEqualTo(8);
      assertThatAllAreWords(function);
    }
  }

  private static void assertThatAllAreWords(FunctionDescriptor function) {
    assertThat(function.argumentLayouts()).allMatch(SystemCallsTest::isWord);
    assertThat(function.returnLayout()).hasValueSatisfying(SystemCallsTest::isWord);
  }

  /** A number or an address, and neither a floating-point number nor a struct. */
  private static boolean isWord(MemoryLayout layout) {
    return layout instanceof ValueLayout.OfInt
        || layout instanceof ValueLayout.OfLong
        || layout instanceof ValueLayout.OfShort
        || layout instanceof ValueLayout.OfByte
        || layout instanceof ValueLayout.OfBoolean
        || layout instanceof ValueLayout.OfChar
        || layout instanceof java.lang.foreign.AddressLayout;
  }

  @Test
  void memoryThatWasGivenBackIsNotPassedToC() {
    MemorySegment given;
    try (Arena arena = Arena.ofConfined()) {
      given = arena.allocate(Long.BYTES);
    }
    assertThatThrownBy(() -> SystemCalls.read(-1, given))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Already closed");
  }

  @Test
  void memoryOfAnotherThreadIsNotPassedToC() throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment own = arena.allocate(Long.BYTES);
      Throwable[] thrown = new Throwable[1];
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  SystemCalls.read(-1, own);
                } catch (WrongThreadException e) {
                  thrown[0] = e;
                }
              });
      other.join();
      assertThat(thrown[0]).hasMessageContaining("Not of this thread");
    }
  }
}
