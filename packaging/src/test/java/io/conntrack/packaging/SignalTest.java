package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@KernelTest
final class SignalTest {
  private static final Duration A_SECOND = Duration.ofSeconds(1);

  /** Where the tests run in the background, or under nohup, signals may be ignored. */
  private static Launch launch(Namespace namespace) {
    return Launch.in(namespace).through("env", "--default-signal");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalEndsTheDaemonWithinASecondAlsoInTheMidstOfARequest(String signal) throws Exception {
    try (Namespace namespace = Namespace.create();
        Program program = launch(namespace).serve("--log-events");
        Socket client = HttpAnswer.connect(namespace, "::1", program.port())) {
      client.getOutputStream().write("GET /metrics HTT".getBytes(US_ASCII));
      assertThat(program.end(signal)).isLessThan(A_SECOND);
      assertThat(program.awaitExit()).isZero();
      assertThat(program.output()).isEmpty();
      assertThat(program.log().getLast()).endsWith(" INFO  Stopping, as SIG" + signal + " asks");
    }
  }
}
