package io.conntrack.packaging.random;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A network namespace, and what the program should have counted in it. */
final class Place implements AutoCloseable {
  /** The kernel adds the route of an IPv6 address some time after the address. */
  private static final String ADDRESSES =
      """
      ip addr add 10.77.0.1/32 dev lo
      ip addr add fd77::1/128 dev lo nodad
      until ip -6 route show table local | grep -q fd77::1; do sleep 0.01; done
      """;

  /** What tells a flow from others. */
  record Id(Tuple original, int zone) {}

  final String netns;
  final Namespace namespace = Namespace.create();
  final FlowWriter writer = FlowWriter.in(namespace);
  final Map<Id, Life> lives = new LinkedHashMap<>();
  final Map<Counted, Long> counted = new HashMap<>();

  /** What clients of this host have; it may be in {@code other}, though there is room. */
  final Set<Series> ofClients = new HashSet<>();

  final Map<String, Long> seen = new TreeMap<>();
  private final Setup setup;
  Witness witness;

  /** Whether the program reads this namespace. */
  boolean inView;

  /** Whether the kernel drops flows on its own, to make room. */
  boolean full;

  /** How far counters may be off, by events that were lost; and the events lost so far. */
  long tolerance;

  long lost;
  int nextPort = 10_000;

  Place(String netns, Setup setup) {
    this.netns = netns;
    this.setup = setup;
    namespace.sh(ADDRESSES);
    look(0);
  }

  /** Learns local addresses anew. */
  void look(int rules) {
    witness = Witness.of(namespace, setup, netns, rules);
  }

  static Id idOf(SyntheticFlow flow) {
    return new Id(flow.original(), Witness.zoneOf(flow));
  }

  /**
   * The table as conntrack(8) lists it. A list is short if the machine's hash table is resized
   * meanwhile, so the kernel's own number has to agree.
   */
  ConntrackTable table() {
    return Await.until(
        "conntrack -L to list all entries",
        () -> ConntrackTable.of(namespace),
        table -> table.size() == namespace.conntrackCount());
  }

  /** The program begins to read here: what is there is old. */
  void enter() {
    inView = true;
    counted.clear();
    ofClients.clear();
    tolerance = 0;
    lost = 0;
    for (Life life : lives.values()) {
      life.opened = life.stage() != Life.Stage.OPENING;
      life.ended = life.stage() == Life.Stage.CLOSED || life.stage() == Life.Stage.RESET;
      life.unsure = false;
    }
  }

  void leave() {
    inView = false;
    counted.clear();
    tolerance = 0;
  }

  /** What happened to a flow that is counted, for the campaign's own account. */
  void saw(String what, Life life) {
    int protocol = life.flow.original().protocol();
    if (inView && setup.counts(protocol)) {
      seen.merge(what + ", " + Setup.nameOf(protocol), 1L, Long::sum);
    }
  }

  /** The flows that a step changed and left. */
  List<Life> touched(int step) {
    return all().stream().filter(life -> life.touched == step).toList();
  }

  /** A flow came into the table. */
  Life begin(SyntheticFlow flow, boolean eventful, int step) {
    Life life = new Life(flow, eventful && setup.events());
    if (flow.zone() != 0) {
      saw("in a zone", life);
    }
    if (!flow.reply().equals(flow.original().reversed())) {
      saw("NAT", life);
    }
    lives.put(idOf(flow), life);
    if (life.stage() == Life.Stage.RESET && !life.eventful) {
      life.ended = true; // how it came to that is not known
    }
    told(life, flow, step);
    return life;
  }

  /** A flow has another state, or the same. */
  void told(Life life, SyntheticFlow flow, int step) {
    life.flow = flow;
    life.touched = step;
    switch (life.stage()) {
      case OPENING -> {}
      case OPEN -> open(life);
      case CLOSED -> {
        open(life);
        end(life, "closed", "closed");
      }
      case RESET -> {
        // Without events nobody knows yet that it did not open before.
        if (life.eventful || life.opened) {
          end(life, "refused", "reset");
        }
      }
    }
  }

  private void open(Life life) {
    if (!life.opened) {
      life.opened = true;
      count(life, "opened");
    }
  }

  private void end(Life life, String failed, String ended) {
    if (!life.ended) {
      life.ended = true;
      count(life, life.opened ? "ended " + ended : "failed " + failed);
    }
  }

  private void count(Life life, String what) {
    witness
        .series(life.flow)
        .filter(series -> inView)
        .ifPresent(series -> {
          counted.merge(new Counted(series, what), 1L, Long::sum);
          if (witness.isOfClient(life.flow)) {
            ofClients.add(series);
          }
        });
  }

  /** Somebody deleted a flow that had time left. */
  void deleted(Life life) {
    saw("evicted", life);
    gone(life, "evicted", "evicted");
  }

  /**
   * Flows that a full table lacks were dropped. Above 95 % of nf_conntrack_max the kernel's own
   * cleaner drops some at any time (gc_worker of nf_conntrack_core.c).
   */
  int dropMissing(Set<Id> there) {
    List<Life> dropped = all().stream().filter(life -> !there.contains(idOf(life.flow))).toList();
    dropped.forEach(this::deleted);
    return dropped.size();
  }

  /** A flow's time was over. */
  void expired(Life life) {
    saw("expired", life);
    gone(life, "unanswered", "timed_out");
  }

  private void gone(Life life, String failed, String ended) {
    lives.remove(idOf(life.flow));
    if (life.eventful) {
      end(life, failed, ended);
    } else if (life.stage() == Life.Stage.RESET) {
      end(life, "refused", "reset");
    } else {
      end(life, "unknown", "unknown");
    }
  }

  /** Events were lost: what the last step changed may be counted in another way, or not at all. */
  void lose(long events, int step) {
    tolerance += events;
    for (Life life : touched(step)) {
      life.unsure = true;
      saw("overrun", life);
    }
  }

  /** When nothing is left of what events were lost of, what is shown is right, and exact again. */
  void settle(Map<Counted, Long> shown) {
    if (tolerance > 0 && lives.values().stream().noneMatch(life -> life.unsure)) {
      tolerance = 0;
      counted.clear();
      shown.forEach((counter, value) -> {
        if (counter.series().netns().equals(netns)) {
          counted.put(counter, value);
        }
      });
    }
  }

  /** The entries of the table by what tells them apart. */
  static Set<Id> ids(ConntrackTable table) {
    return table.entries().stream()
        .map(entry -> new Id(entry.original(), entry.originalZone()))
        .collect(Collectors.toSet());
  }

  List<Life> all() {
    return List.copyOf(lives.values());
  }

  @Override
  public void close() {
    try (namespace) {
      writer.close();
    }
  }
}
