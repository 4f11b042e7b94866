package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import org.junit.jupiter.api.Test;

class TrackerOptionsTest {
  @Test
  void whatIsOutOfRangeIsRefusedByNameValueAndRange() {
    assertThatThrownBy(
            () -> new TrackerOptions(0, 1, 1, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxFlows=0 is out of range; give a number from 1 to 1000000000");
    assertThatThrownBy(() ->
            new TrackerOptions(1, 200_000_000, 1, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE))
        .hasMessage("maxEndpoints=200000000 is out of range; give a number from 1 to 100000000");
    assertThatThrownBy(
            () -> new TrackerOptions(1, 1, -1, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE))
        .hasMessageStartingWith("endpointRetentionMs=-1 is out of range");
  }
}
