package io.conntrack.ffm.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the environment says of sockets; {@code SocketActivationTest} hands real ones over. */
class InheritedSocketTest {
  private static final long PID = 4711;

  @Test
  void theEnvironmentOfThisProcessTellsHowManyThereAre() throws ConntrackException {
    assertThat(InheritedSocket.count(Map.of("LISTEN_PID", "4711", "LISTEN_FDS", "3"), PID))
        .isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "-     | -     | no socket: LISTEN_PID='', LISTEN_FDS=''            | enable --now",
        "-     | 1     | no socket: LISTEN_PID='', LISTEN_FDS='1'           | socket unit",
        "4711  | -     | no socket: LISTEN_PID='4711', LISTEN_FDS=''        | socket unit",
        "4710  | 1     | to process 4710, and this is process 4711          | must end in 'exec",
        "04711 | 1     | to process 04711, and this is process 4711         | must end in 'exec",
        "4711  | 0     | LISTEN_FDS='0' must be a number from 1 to 999      | socket unit",
        "4711  | -1    | LISTEN_FDS='-1' must be a number from 1 to 999     | socket unit",
        "4711  | 1000  | LISTEN_FDS='1000' must be a number from 1 to 999   | socket unit",
        "4711  | x     | LISTEN_FDS='x' must be a number from 1 to 999      | socket unit",
      })
  void whatIsMissingOrWrongIsNamedWithTheRemedy(
      String process, String count, String failure, String remedy) {
    Map<String, String> environment = new HashMap<>();
    environment.put("LISTEN_PID", process);
    environment.put("LISTEN_FDS", count);
    environment.values().removeIf(value -> value == null);
    assertThatThrownBy(() -> InheritedSocket.count(environment, PID))
        .isInstanceOfSatisfying(
            ConntrackException.class,
            e -> {
              assertThat(e.failure()).contains(failure);
              assertThat(e.remedy()).contains(remedy);
            });
  }
}
