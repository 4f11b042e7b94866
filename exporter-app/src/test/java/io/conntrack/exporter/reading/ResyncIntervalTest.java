package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import org.junit.jupiter.api.Test;

class ResyncIntervalTest {
  @Test
  void whoDoesNotListenComparesAsOftenAsTwoPercentOfACoreAllow() throws ConntrackException {
    ResyncInterval interval = new ResyncInterval(30_000, false, NetworkNamespace.OWN);

    assertThat(interval.afterMs(0, 1)).isEqualTo(1_000);
    assertThat(interval.afterMs(20, 1)).isEqualTo(1_000);
    assertThat(interval.afterMs(100, 1)).isEqualTo(5_000);
    assertThat(interval.afterMs(3_000, 1)).isEqualTo(30_000);
    assertThat(interval.misses()).isFalse();
  }

  @Test
  void anIntervalThatIsShorterThanThatIsKept() throws ConntrackException {
    assertThat(new ResyncInterval(200, false, NetworkNamespace.OWN).afterMs(0, 1)).isEqualTo(200);
  }
}
