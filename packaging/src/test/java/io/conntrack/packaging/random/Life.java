package io.conntrack.packaging.random;

import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;

/** A flow that is in the table, and what the program has counted of it. */
final class Life {
  /** What counters make of a state. */
  enum Stage {
    OPENING,
    OPEN,
    CLOSED,
    RESET
  }

  SyntheticFlow flow;

  /** Whether the kernel sends events of it. */
  final boolean eventful;

  boolean opened;
  boolean ended;

  /** Some of its events may be lost. */
  boolean unsure;

  /** The step that changed it last. */
  int touched;

  Life(SyntheticFlow flow, boolean eventful) {
    this.flow = flow;
    this.eventful = eventful;
  }

  Stage stage() {
    return stage(flow);
  }

  static Stage stage(SyntheticFlow flow) {
    if (flow.original().protocol() != Tuple.TCP) {
      return (flow.status() & SyntheticFlow.SEEN_REPLY) == 0 ? Stage.OPENING : Stage.OPEN;
    }
    return switch (flow.state().orElseThrow()) {
      case NONE, SYN_SENT, SYN_SENT2, SYN_RECV -> Stage.OPENING;
      case ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK -> Stage.OPEN;
      case TIME_WAIT -> Stage.CLOSED;
      case CLOSE -> Stage.RESET;
    };
  }

  @Override
  public String toString() {
    return flow
        + (eventful ? "" : " eventless")
        + (opened ? " opened" : "")
        + (ended ? " ended" : "");
  }
}
