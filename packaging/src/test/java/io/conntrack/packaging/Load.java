package io.conntrack.packaging;

import io.conntrack.testbed.Churn;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.RealChurn;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connections of host A that come and go until it is closed, synthetic and real ones. The synthetic
 * ones are gone then; what the kernel remembers of the real ones stays.
 */
final class Load implements AutoCloseable {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10000, "198.51.100.1", 443));
  private static final int WINDOW_FLOWS = 2_000;

  private final AtomicLong created = new AtomicLong();
  private final RealChurn real;
  private final Thread synthetic;

  private Load(Hosts hosts, int flowsPerSecond, int connectionsPerSecond) {
    real = RealChurn.start(hosts.a(), hosts.b(), Hosts.B_IPV4, connectionsPerSecond);
    synthetic = hosts.a().start("churn", () -> churn(flowsPerSecond));
  }

  /** With so many synthetic flows and real connections a second, if the machine can. */
  static Load start(Hosts hosts, int flowsPerSecond, int connectionsPerSecond) {
    return new Load(hosts, flowsPerSecond, connectionsPerSecond);
  }

  private void churn(int flowsPerSecond) {
    try (FlowWriter writer = FlowWriter.open()) {
      Churn churn = new Churn(this::flow, WINDOW_FLOWS, flowsPerSecond);
      churn.run(writer, Integer.MAX_VALUE);
    }
  }

  /** Each flow is asked for when it comes, changes and goes. */
  private SyntheticFlow flow(int index) {
    created.accumulateAndGet(index + 1, Math::max);
    return FLOW.client(index);
  }

  /** How many flows have come so far, synthetic and real. */
  long flows() {
    return created.get() + real.opened();
  }

  /** Lets it go on for so long. */
  void goOn(Duration duration) throws InterruptedException {
    if (synthetic.join(duration)) {
      throw new AssertionError("the load has ended early");
    }
  }

  @Override
  public void close() {
    synthetic.interrupt();
    try (real) {
      synthetic.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
