package io.conntrack.exporter.live;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import java.util.List;

/** One endpoint, or source, of a {@link LiveNamespace}. */
record LiveRow(LiveNamespace namespace, int endpoint) {
  /** How a connection that was never open can have failed. */
  static final List<Outcome> FAILED =
      List.of(
          Outcome.FAILED_REFUSED,
          Outcome.FAILED_UNANSWERED,
          Outcome.FAILED_EVICTED,
          Outcome.FAILED_UNKNOWN);

  /** How a connection that was open can have ended. */
  static final List<Outcome> ENDED =
      List.of(
          Outcome.ENDED_CLOSED,
          Outcome.ENDED_RESET,
          Outcome.ENDED_TIMED_OUT,
          Outcome.ENDED_EVICTED,
          Outcome.ENDED_UNKNOWN);

  /** The values of its labels, with separators. */
  String labels() {
    return namespace.now().labels(endpoint);
  }

  List<String> labelValues() {
    return List.of(labels().split(String.valueOf(Snapshot.LABEL_SEPARATOR), -1));
  }

  /** The value of one label; that of {@code netns} too. Empty if there is no such label. */
  String label(String name) {
    int number = namespace.now().labelNames().indexOf(name);
    if (number >= 0) {
      return labelValues().get(number);
    }
    return name.equals(LiveNamespace.LABEL) ? namespace.name() : "";
  }

  int connections(ConnectionState state) {
    return namespace.now().connections(endpoint, state);
  }

  /** In any state. */
  long connections() {
    return namespace.now().connections(endpoint);
  }

  long total(Outcome outcome) {
    return namespace.now().outcomes(endpoint, outcome);
  }

  long total(List<Outcome> outcomes) {
    long sum = 0;
    for (int i = 0; i < outcomes.size(); i++) { // an iterator for each row would be garbage
      sum += total(outcomes.get(i));
    }
    return sum;
  }

  long more(Outcome outcome) {
    return namespace.more(endpoint, outcome);
  }

  long more(List<Outcome> outcomes) {
    long sum = 0;
    for (int i = 0; i < outcomes.size(); i++) {
      sum += more(outcomes.get(i));
    }
    return sum;
  }

  long total(Traffic what) {
    return namespace.now().hasTraffic() ? namespace.now().traffic(endpoint, what) : 0;
  }

  long more(Traffic what) {
    return namespace.more(endpoint, what);
  }

  double medianSetup() {
    return namespace.medianSetup(endpoint);
  }
}
