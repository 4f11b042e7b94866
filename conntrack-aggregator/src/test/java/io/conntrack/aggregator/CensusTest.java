package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.census.StateCounter;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.LocalPorts;
import io.conntrack.aggregator.snapshot.TableFlows;
import io.conntrack.aggregator.snapshot.UnansweredFlows;
import io.conntrack.aggregator.state.TableFlag;
import io.conntrack.aggregator.state.TableState;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What a dump shows of all flows together, whatever becomes of the dump. */
final class CensusTest {
  private static final EndpointOptions BY_ZONE =
      new EndpointOptions(false, false, true, true, NatView.DEFAULT, false, false, false);

  private static final int UDP = 17;
  private static final int GRE = 47;
  private static final int SEEN_REPLY = 2;
  private static final int SHARE = 100;

  @AutoClose private FlowTracker tracker = tracker(EndpointOptions.HOST_ALONE, 100_000);

  private static FlowTracker tracker(EndpointOptions options, int maxFlows) {
    FlowTracker tracker =
        new FlowTracker(
            new TrackerOptions(
                maxFlows, 1_000, 0, options, IgnoredHosts.NONE, SourceView.NONE, 1, SHARE, false));
    tracker.localAddresses(Flows.local("10.0.0.1", "10.0.0.2"));
    BitSet given = new BitSet();
    given.set(20_000, 30_000);
    tracker.servicePorts(new ServicePorts(new BitSet(), given));
    return tracker;
  }

  private void begin(long nowMs) {
    tracker.clock(nowMs);
    tracker.openEpoch();
  }

  private Census end(boolean doubtful) {
    tracker.closeEpoch(doubtful);
    return census();
  }

  private Census census() {
    return tracker.snapshot(0).census();
  }

  /** A flow to port 53 of a server, as dumps show it. */
  private static Flow udp(String server, int port, int timeoutSeconds, int status) {
    Flow flow = Flows.tcp("10.0.0.1 " + port, server + " 53", 1);
    flow.protocol = UDP;
    flow.timeoutSeconds = timeoutSeconds;
    flow.status = status;
    return flow;
  }

  private static Flow tcp(int state) {
    Flow flow = Flows.tcp("10.0.0.1 " + (1_000 + state), "10.1.0.1 80", state);
    flow.state = state;
    flow.status = SEEN_REPLY;
    return flow;
  }

  @Test
  void theNamesAreThoseThatConntrackHasInSmallLetters() {
    assertThat(Stream.of(TableState.values()).map(each -> each.protocol + "/" + each.state))
        .contains(
            "tcp/none",
            "tcp/syn_sent2",
            "tcp/offloaded",
            "udp/stream",
            "icmp/replied",
            "sctp/shutdown_ack_sent",
            "gre/unreplied",
            "other/replied");
    assertThat(Stream.of(TableFlag.values()).map(flag -> flag.label))
        .containsExactly(
            "assured",
            "unreplied",
            "offload",
            "hw_offload",
            "snat",
            "dnat",
            "helper",
            "expected",
            "dying");
  }

  @Test
  void aDumpThatIsGivenUpOrDoubtfulLeavesWhatTheLastOneShowed() {
    assertThat(census().isTaken()).isFalse();
    begin(1_000);
    tracker.onDumpEntry(tcp(3));
    Flow gre = Flows.tcp("10.9.9.1 0", "10.9.9.2 0", Flow.NO_STATE);
    gre.protocol = GRE;
    tracker.onOtherEntry(gre);
    TableFlows table = end(false).table();
    assertThat(table.rows()).isEqualTo(1);
    assertThat(table.count(0, TableState.TCP_ESTABLISHED)).isEqualTo(1);
    assertThat(table.count(0, TableState.GRE_UNREPLIED)).isEqualTo(1);
    assertThat(table.count(0, TableFlag.UNREPLIED)).isEqualTo(1);

    begin(2_000);
    tracker.onDumpEntry(tcp(4));
    tracker.abandonEpoch();
    begin(2_100);
    assertThat(end(true).table()).isSameAs(table);
    begin(2_200);
    tracker.abandonResizedEpoch();
    assertThat(census().table()).isSameAs(table);

    begin(3_000);
    assertThat(end(false).table().count(0, TableState.TCP_ESTABLISHED)).isZero();
    assertThat(tracker.snapshot(7_500).census().ageMs()).isEqualTo(4_500);
  }

  @Test
  void numbersThatNoKernelTellsAreCountedToo() {
    begin(0);
    tracker.onDumpEntry(tcp(3));
    Flow odd = tcp(10);
    tracker.onOtherEntry(odd);
    odd.status = 1 << 14;
    odd.state = Flow.NO_STATE;
    tracker.onOtherEntry(odd);
    odd.protocol = 132;
    odd.state = 200;
    odd.status = -1;
    tracker.onOtherEntry(odd);
    TableFlows table = end(false).table();
    assertThat(table.count(0, TableState.TCP_NONE)).isEqualTo(1);
    assertThat(table.count(0, TableState.TCP_OFFLOADED)).isEqualTo(1);
    assertThat(table.count(0, TableState.SCTP_NONE)).isEqualTo(1);
    assertThat(table.count(0, TableFlag.DYING)).isEqualTo(1);
    assertThat(table.count(0, TableFlag.UNREPLIED)).isEqualTo(1);
  }

  @Test
  void eachZoneHasItsOwnCountsAndThoseThatAreTooManyAreCountedTogether() {
    StateCounter counter = new StateCounter(true);
    Flow flow = tcp(3);
    for (int dump = 0; dump < 3; dump++) {
      counter.begin();
      for (int i = 0; i < 2 * (StateCounter.MOST_ZONES + 5); i++) {
        flow.zone = 65_535 - i / 2;
        counter.count(flow);
      }
      TableFlows table = counter.counted();
      assertThat(table.rows()).isEqualTo(StateCounter.MOST_ZONES + 1);
      assertThat(table.zone(0)).isEqualTo(TableFlows.NO_ZONE);
      assertThat(table.count(0, TableState.TCP_ESTABLISHED)).isEqualTo(10);
      assertThat(table.zone(1)).isEqualTo(65_535);
      assertThat(table.count(1, TableState.TCP_ESTABLISHED)).isEqualTo(2);
    }
    counter.begin();
    flow.zone = 0;
    counter.count(flow);
    assertThat(counter.counted().rows()).isEqualTo(2);
    assertThat(counter.counted().zone(1)).isZero();
  }

  @Test
  void aFlowIsUnansweredIfItsLastPacketIsMoreThanAMinuteAfterItsFirstThatWasSeen() {
    // A packet gives the flow 30 s; the dumps see 20 s left of that at first.
    begin(100_000);
    tracker.onDumpEntry(udp("10.1.0.1", 1, 20, 0));
    tracker.onDumpEntry(udp("10.1.0.1", 2, 20, 0));
    tracker.onDumpEntry(udp("10.1.0.2", 3, 20, 0));
    assertThat(end(false).unanswered()).isEmpty();
    begin(150_000);
    tracker.onDumpEntry(udp("10.1.0.1", 1, 30, 0));
    tracker.onDumpEntry(udp("10.1.0.1", 2, 30, 0));
    tracker.onDumpEntry(udp("10.1.0.2", 3, 30, 0));
    assertThat(end(false).unanswered()).as("60 s").isEmpty();
    begin(151_000);
    tracker.onDumpEntry(udp("10.1.0.1", 1, 30, 0));
    tracker.onDumpEntry(udp("10.1.0.1", 2, 29, 0));
    tracker.onDumpEntry(udp("10.1.0.2", 3, 30, SEEN_REPLY));
    assertThat(end(false).unanswered()).containsExactly(new UnansweredFlows("10.1.0.1:53", UDP, 1));

    begin(600_000); // however long nobody looked
    tracker.onDumpEntry(udp("10.1.0.1", 1, 30, 0));
    tracker.onDumpEntry(udp("10.1.0.1", 2, 30, 0));
    assertThat(end(false).unanswered()).containsExactly(new UnansweredFlows("10.1.0.1:53", UDP, 2));
    begin(610_000);
    assertThat(end(false).unanswered()).isEmpty();
    begin(620_000);
    tracker.onDumpEntry(udp("10.1.0.1", 1, 30, 0));
    assertThat(end(false).unanswered()).as("forgotten, and begun anew").isEmpty();
  }

  @Test
  void unansweredFlowsOfHostsThatFoundNoRoomAreInOther() {
    tracker.close();
    tracker =
        new FlowTracker(
            new TrackerOptions(100, 1, 0, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));
    tracker.localAddresses(Flows.local("10.0.0.1"));
    for (long nowMs : new long[] {0, 61_000}) {
      begin(nowMs);
      for (int i = 1; i <= 4; i++) {
        tracker.onDumpEntry(udp("10.1.0." + i, i, 30, 0));
      }
      end(false);
    }
    assertThat(census().unanswered())
        .containsExactlyInAnyOrder(
            new UnansweredFlows("10.1.0.1:53", UDP, 1), new UnansweredFlows("other", UDP, 3));
  }

  private static Flow dialled(String local, int port, String server) {
    return Flows.tcp(local + " " + port, server, 3);
  }

  private static Flow translated(int client, String address, int port, String server) {
    return Flows.natted(
        "10.2.0." + client + " 30000", "10.96.0.1 80", server, address + " " + port, 3);
  }

  private static LocalPorts ports(String host, String address, boolean translated, int used) {
    return new LocalPorts(host, address, translated, 6, used);
  }

  @Test
  void portsAreCountedForEachServerAndLocalAddressIfTheyAreMoreThanTheShare() {
    for (int dump = 0; dump < 2; dump++) {
      begin(1_000L * dump);
      for (int i = 0; i < 150; i++) {
        tracker.onDumpEntry(dialled("10.0.0.1", 20_000 + i, "10.1.0.1 3306"));
        tracker.onDumpEntry(dialled("10.0.0.1", 30_000 + i, "10.1.0.2 3306")); // not given
        tracker.onDumpEntry(dialled("10.5.5.5", 20_000 + i, "10.0.0.1 80")); // of another host
        tracker.onDumpEntry(translated(i, "10.0.0.1", 2_000 + i, "10.1.0.1 3306"));
      }
      for (int i = 0; i < 101; i++) {
        tracker.onDumpEntry(dialled("10.0.0.2", 20_000 + i, "10.1.0.1 3306"));
      }
      for (int i = 0; i < 100; i++) {
        tracker.onDumpEntry(dialled("10.0.0.2", 20_000 + i, "10.1.0.1 3307"));
      }
      assertThat(end(false).localPorts())
          .containsExactlyInAnyOrder(
              ports("10.1.0.1:3306", "10.0.0.1", false, 150),
              ports("10.1.0.1:3306", "10.0.0.1", true, 150),
              ports("10.1.0.1:3306", "10.0.0.2", false, 101));
      assertThat(census().localPortsLimit()).isEqualTo(10_000);
    }
    begin(5_000);
    tracker.onDumpEntry(dialled("10.0.0.1", 20_000, "10.1.0.1 3306"));
    assertThat(end(false).localPorts()).isEmpty();
  }

  @Test
  void ofAServerInSeveralZonesTheFullestZoneIsTold() {
    tracker.close();
    tracker = tracker(BY_ZONE, 100_000);
    begin(0);
    for (int i = 0; i < 101 + 150; i++) {
      Flow flow = dialled("10.0.0.1", 20_000 + i % 150, "10.1.0.1 3306");
      flow.zone = i < 150 ? 1 : 2;
      tracker.onDumpEntry(flow);
    }
    assertThat(end(false).localPorts())
        .containsExactly(ports("10.1.0.1:3306", "10.0.0.1", false, 150));
  }

  @Test
  void theHundredWithTheMostPortsAreTold() {
    begin(0);
    for (int server = 0; server < 120; server++) {
      for (int i = 0; i < 101 + server; i++) {
        tracker.onDumpEntry(dialled("10.0.0.1", 20_000 + i, "10.1.0." + server + " 3306"));
      }
    }
    List<LocalPorts> told = end(false).localPorts();
    assertThat(told.stream().map(LocalPorts::used))
        .containsExactlyElementsOf(IntStream.range(0, 100).mapToObj(i -> 220 - i).toList());
    assertThat(told.getFirst().host()).isEqualTo("10.1.0.119:3306");
  }

  @Test
  void whatFindsNoRoomIsLeftOutAndNothingElse() {
    tracker.close();
    tracker = tracker(EndpointOptions.HOST_ALONE, 200);
    for (long nowMs : new long[] {0, 61_000}) {
      begin(nowMs);
      for (int i = 0; i < 1_000; i++) {
        tracker.onDumpEntry(udp("10.1.0.1", 20_000 + i, 30, 0));
      }
      end(false);
    }
    assertThat(census().unanswered()).containsExactly(new UnansweredFlows("10.1.0.1:53", UDP, 200));
    assertThat(census().localPorts())
        .containsExactly(new LocalPorts("10.1.0.1:53", "10.0.0.1", false, UDP, 1_000));
    assertThat(census().table().count(0, TableState.UDP_UNREPLIED)).isEqualTo(1_000);
  }
}
