package io.conntrack.ffm.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.FunctionDescriptor;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SystemCallsTest {
  @Test
  void theDescriptorsAreThoseThatJextractReadInTheHeaders() {
    Map<String, FunctionDescriptor> generated =
        Map.of(
            "mnl_socket_open2", Netfilter.mnl_socket_open2$descriptor(),
            "mnl_socket_bind", Netfilter.mnl_socket_bind$descriptor(),
            "mnl_socket_sendto", Netfilter.mnl_socket_sendto$descriptor(),
            "mnl_cb_run2", Netfilter.mnl_cb_run2$descriptor(),
            "recvmmsg", Netfilter.recvmmsg$descriptor(),
            "setsockopt", Netfilter.setsockopt$descriptor(),
            "getsockopt", Netfilter.getsockopt$descriptor(),
            "poll", Netfilter.poll$descriptor(),
            "eventfd", Netfilter.eventfd$descriptor());
    assertThat(SystemCalls.DESCRIPTORS).isEqualTo(generated);
  }
}
