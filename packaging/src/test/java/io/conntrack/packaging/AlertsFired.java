package io.conntrack.packaging;

import io.conntrack.testbed.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which alerts a Prometheus says have fired, after which faults, and for how long. */
final class AlertsFired {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String FIRING = "ALERTS{alertstate=\"firing\"}";

  private record Fault(String what, Instant begun) {}

  private final Prometheus prometheus;
  private final Map<String, Fault> faults = new LinkedHashMap<>();

  AlertsFired(Prometheus prometheus) {
    this.prometheus = prometheus;
  }

  /** From now on there is a fault that these alerts tell of. */
  void by(String fault, String... alerts) {
    Instant now = Instant.now();
    Arrays.stream(alerts).forEach(alert -> faults.put(alert, new Fault(fault, now)));
  }

  /** The series of those that fire. */
  Set<String> now() {
    return prometheus.ask(FIRING, Instant.now()).keySet();
  }

  /** Waits until each has fired since its fault began; what fired before does not count. */
  void await(String... alerts) {
    for (String alert : alerts) {
      awaitOf(1, alert);
    }
  }

  /** The same for so many instances, at whatever time each. */
  void awaitOf(int instances, String alert) {
    Await.until(
        alert + " to fire",
        LIMIT,
        () -> prometheus.ask("max_over_time(" + since(alert) + "])", Instant.now()),
        series -> series.size() >= instances);
  }

  /** What Prometheus has of it since its fault began, up to the bracket that ends the range. */
  private String since(String alert) {
    long ms = Math.max(1, Duration.between(faults.get(alert).begun, Instant.now()).toMillis());
    return FIRING.replace("}", ",alertname=\"" + alert + "\"}") + "[" + ms + "ms";
  }

  /** Before its fault: what came earlier may have made it fire. */
  void awaitEndOf(String alert) {
    Await.until(
        "the end of " + alert,
        LIMIT,
        this::now,
        firing -> firing.stream().noneMatch(series -> series.contains(alert)));
  }

  void awaitEnd() {
    Await.until("the end of all alerts", LIMIT, this::now, Set::isEmpty);
  }

  /** In the order in which the faults began. */
  String document() {
    StringBuilder lines = new StringBuilder();
    faults.forEach((alert, fault) -> {
      double first = time("min", alert);
      lines.append(
          String.format(
              Locale.ROOT,
              "| [%1$s](runbooks/%1$s.md) | %2$s | %3$.1f s | %4$.1f s |%n",
              alert,
              fault.what,
              first - fault.begun.toEpochMilli() / 1e3,
              time("max", alert) - first));
    });
    return """
    # Alerts that fired

    A test makes each alert of `packaging/prometheus/rules.yml` fire in a real Prometheus (version %s), by a real fault between two hosts, which are
    network namespaces of one machine. Before the faults, and after them, no alert fires. `make tried` writes this page anew.

    Minutes are seconds in this test: `for` is 0 s, the windows of rates are 8 s, "the day before" is a minute. Prometheus scrapes and
    evaluates twice a second.

    "For" is the time from the first to the last moment at which it fired.

    | Alert | Fault | Fired after | For |
    |---|---|---|---|
    %s
    [alerts.md](alerts.md) has the rules, [rules-tried.md](rules-tried.md) what promtool says of them.
    """
        .formatted(prometheus.version(), lines);
  }

  /** When it fired first, or last, in seconds since 1970. */
  private double time(String least, String alert) {
    String of = since(alert).replace("[", ")[") + ":500ms]";
    String query = "%1$s(%1$s_over_time(timestamp(%2$s))".formatted(least, of);
    return Double.parseDouble(
        prometheus.ask(query, Instant.now()).values().stream().findAny().orElseThrow());
  }
}
