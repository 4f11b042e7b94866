package io.conntrack.packaging;

import io.conntrack.testbed.KernelTest;
import org.junit.jupiter.api.Test;

/**
 * The short form of the campaign that {@code make chaos} runs: scraped ten times a second, the
 * program is right again within 30 s of whatever is done to it. A minute or two, and up to five on
 * a busy machine.
 */
@KernelTest
final class ChaosTest {
  private static final ChaosReport REPORT = new ChaosReport(System.out);

  @Test
  void whenItFallsBehind() throws Exception {
    LossSteps.run(REPORT, Scale.SHORT);
  }

  @Test
  void whenTheTableChangesWithoutEvents() throws Exception {
    TableSteps.run(REPORT, Scale.SHORT);
  }

  @Test
  void whenTheHostChanges() throws Exception {
    HostSteps.run(REPORT, Scale.SHORT);
  }

  @Test
  void whenTheEventLogCannotBeWritten() throws Exception {
    LogSteps.run(REPORT);
  }

  @Test
  void whenThereAreMoreEndpointsThanAreShown() throws Exception {
    EndpointSteps.run(REPORT, Scale.SHORT);
  }

  @Test
  void whenFlowsAreOfUdpOrIcmp() throws Exception {
    ProtocolSteps.run(REPORT, Scale.SHORT);
  }
}
