package io.conntrack.packaging.random;

import io.conntrack.packaging.Launch;
import io.conntrack.packaging.Program;
import io.conntrack.packaging.Scrape;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Certificates;
import io.conntrack.testbed.Connections;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The program with everything on, under load for a long time, for {@code make soak}. Memory, files
 * and threads have to stay as they are after the warm-up, counters never go back, and whenever the
 * load pauses the gauges have to be those of conntrack(8). Prints a table as it goes.
 *
 * <p>Meanwhile the rules change each minute, a namespace comes or goes each half minute, the event
 * log is cut each ten seconds, and each ten minutes come thirty seconds of forged SYNs. With {@code
 * SOAK_CLOCK=step} the machine's clock is set an hour ahead and back: only for a machine of its
 * own.
 */
final class Soak implements AutoCloseable {
  private static final int PORT = 9318;
  private static final int TICK_S = 5;
  private static final int LOG_CUT_S = 10;
  private static final int SAMPLE_S = 30;
  private static final int RULES_S = 60;
  private static final int PAUSE_S = 300;
  private static final int FLOOD_PERIOD_S = 600;
  private static final int FLOOD_S = 30;
  private static final int CLOCK_PERIOD_S = 900;
  private static final int WARM_UP_S = 1_200;

  /** What the kernel keeps of real connections. */
  private static final int REMEMBERED_S = 10;

  /** As many as there is room for, with so many endpoints in each. */
  private static final int NAMESPACES = 2;

  private static final int FLOWS_OF_EACH = 20;
  private static final double MOST_GROWTH = 0.03;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final double TICKS_PER_SECOND = 100;
  private static final double NS_PER_S = 1e9;

  /** Of {@code --netns}: files that the program alone sees. */
  private static final String OWN_RUN = "mount -t tmpfs none /run; mkdir /run/netns; exec \"$@\"";

  private static final Setup SETUP =
      new Setup(
          List.of("tcp", "udp", "icmp"),
          true,
          true,
          false,
          "both",
          false,
          true,
          NAMESPACES,
          Setup.MANY_ENDPOINTS,
          true,
          List.of(
              "--sources",
              "--accounting",
              "--histograms=both",
              "--log-events",
              "--log-events-format=json",
              "--listen-port=" + PORT));

  private final Hosts hosts = Hosts.create();
  private final SoakLoad load = new SoakLoad(hosts);
  private final Map<String, Namespace> others = new TreeMap<>();
  private final List<SoakSample> samples = new ArrayList<>();
  private final Path folder = Files.createTempDirectory("soak");
  private final Path rulesFile = folder.resolve("rules.yaml");
  private final Path events = folder.resolve("events.json");
  private final Program program;
  private final long startNs = System.nanoTime();
  private int rules;
  private int came;
  private long cpuTicks;
  private double cpuSinceS;
  private Map<Counted, Long> counters = Map.of();

  private Soak() throws IOException {
    for (String state : List.of("fin_wait", "close_wait", "last_ack", "time_wait", "close")) {
      hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_" + state, REMEMBERED_S);
    }
    hosts
        .a()
        .nft(
            """
            table inet loopback {
              chain in { type filter hook prerouting priority raw; iif lo notrack; }
              chain out { type filter hook output priority raw; oif lo notrack; }
            }
            """);
    Certificates certificates = new Certificates(folder);
    certificates.issue("server", "ec -pkeyopt ec_paramgen_curve:P-256", "IP:127.0.0.1");
    Path web = folder.resolve("web.yml");
    Files.writeString(web, "tls_server_config: {cert_file: server.pem, key_file: server.key}\n");
    Files.writeString(rulesFile, Rules.FILES.getFirst());
    load.createStanding();
    List<String> options = new ArrayList<>(SETUP.options());
    options.add("--rules=" + rulesFile);
    options.add("--web.config.file=" + web);
    program =
        Launch.in(hosts.a())
            .through("unshare", "--mount", "sh", "-euc", OWN_RUN, "sh")
            .outputTo(Redirect.appendTo(events.toFile()))
            .start(options.toArray(String[]::new));
    Await.until("the first scrape", LIMIT, () -> curl("/-/ready"), text -> text.contains("ready"));
  }

  public static void main(String[] arguments) throws Exception {
    long minutes = Long.parseLong(System.getenv().getOrDefault("SOAK_MINUTES", "120"));
    boolean stepsClock = "step".equals(System.getenv("SOAK_CLOCK"));
    try (Soak soak = new Soak()) {
      soak.run(TimeUnit.MINUTES.toSeconds(minutes), stepsClock);
      soak.judge();
      String picture = System.getenv("SOAK_PICTURE");
      if (picture != null) {
        Files.writeString(Path.of(picture), SoakPlot.svg(soak.samples));
      }
    }
  }

  private void run(long seconds, boolean stepsClock) throws Exception {
    System.out.println("The clock is " + (stepsClock ? "" : "not ") + "stepped.\n");
    System.out.println(
        """
        | seconds | resident | CPU of a core | threads | files | events lost | |
        |--:|--:|--:|--:|--:|--:|---|\
        """);
    load.start();
    for (long second = TICK_S; second <= seconds; second += TICK_S) {
      boolean flooded = second % FLOOD_PERIOD_S < FLOOD_S && second >= FLOOD_PERIOD_S;
      awaitSecond(second, flooded);
      disturb(second, stepsClock);
      boolean pause = second % PAUSE_S == PAUSE_S - TICK_S;
      if (pause) {
        load.stop();
        sample(false, wrongAtRest());
        load.start();
      } else if (second % SAMPLE_S == 0 || flooded) {
        sample(flooded, -1);
      }
    }
    load.stop();
    sample(false, wrongAtRest());
  }

  private double seconds() {
    return (System.nanoTime() - startNs) / NS_PER_S;
  }

  private void awaitSecond(long second, boolean flooded) throws InterruptedException {
    while (seconds() < second) {
      if (flooded) {
        load.flood();
      }
      TimeUnit.SECONDS.sleep(1);
    }
    if (program.hasEnded() || !load.isAlive()) {
      throw new AssertionError("the program or its load has ended; log: " + program.log());
    }
  }

  private void disturb(long second, boolean stepsClock) throws IOException {
    if (second % LOG_CUT_S == 0) {
      cutLog();
    }
    if (second % RULES_S == 0) {
      rules = (rules + 1) % Rules.FILES.size();
      Files.writeString(rulesFile, Rules.FILES.get(rules));
    }
    if (second % SAMPLE_S == 0) {
      comeOrGo();
    }
    if (stepsClock && second % CLOCK_PERIOD_S == 0) {
      hosts.a().sh("date -s '+1 hour' >/dev/null; sleep 20; date -s '-1 hour' >/dev/null");
    }
  }

  /** As logrotate's copytruncate does; what was written up to here are whole lines of JSON. */
  private void cutLog() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(events.toFile(), "rw")) {
      file.setLength(0);
    }
  }

  /** A namespace comes until there are enough; then the oldest goes. */
  private void comeOrGo() {
    if (others.size() < NAMESPACES) {
      String name = "other%06d".formatted(came++);
      Namespace namespace = Namespace.create();
      try (FlowWriter writer = FlowWriter.in(namespace)) {
        writer.create(
            IntStream.range(0, FLOWS_OF_EACH)
                .mapToObj(index -> Tuple.tcp("10.5.0.1", 10_000 + index, "192.0.2.7", 443))
                .map(SyntheticFlow::of));
      }
      inside(
          "touch /run/netns/%s; mount --bind %s /run/netns/%s"
              .formatted(name, namespace.path(), name));
      others.put(name, namespace);
    } else {
      String name = others.keySet().iterator().next();
      inside("umount /run/netns/%s; rm /run/netns/%s".formatted(name, name));
      others.remove(name).close();
    }
  }

  private void inside(String script) {
    hosts.a().sh("nsenter --mount=/proc/%d/ns/mnt sh -euc '%s'".formatted(program.pid(), script));
  }

  private void sample(boolean flooded, int wrong) throws IOException {
    Shown shown = scrape();
    shown
        .counters()
        .forEach((counter, value) -> {
          if (value < counters.getOrDefault(counter, 0L)) {
            throw new AssertionError(counter + " went back to " + value);
          }
        });
    counters = shown.counters();
    double now = seconds();
    long ticks = program.cpuTicks();
    double cpuPercent = 100 * (ticks - cpuTicks) / TICKS_PER_SECOND / (now - cpuSinceS);
    cpuTicks = ticks;
    cpuSinceS = now;
    samples.add(
        new SoakSample(
            now,
            program.status("VmRSS"),
            cpuPercent,
            program.status("Threads"),
            program.openFiles(),
            shown.health().get("").get("conntrack_exporter_events_lost_total").longValue(),
            flooded,
            wrong));
    System.out.println(samples.getLast());
  }

  private String curl(String path) {
    return hosts
        .a()
        .sh(
            "curl --silent --max-time 30 --cacert '%s/ca.pem' https://127.0.0.1:%d%s || :"
                .formatted(folder, PORT, path));
  }

  private Shown scrape() {
    String text =
        Await.until("a scrape", LIMIT, () -> curl("/metrics"), got -> got.startsWith("#"));
    return Shown.of(Scrape.ofText(text));
  }

  /** How many series are wrong when the table has been left alone, for as long as that may take. */
  private int wrongAtRest() {
    long endNs = System.nanoTime() + LIMIT.toNanos();
    Map<String, String> wrong = wrong();
    while (!wrong.isEmpty() && System.nanoTime() < endNs) {
      World.rest();
      wrong = wrong();
    }
    if (!wrong.isEmpty()) {
      System.out.println("wrong: " + wrong);
    }
    return wrong.size();
  }

  private Map<String, String> wrong() {
    Map<String, String> wrong = new TreeMap<>();
    Map<String, Map<Series, Connections>> before = expected();
    Shown shown = scrape();
    if (!before.equals(expected())) {
      return Map.of("the table", "still changes");
    }
    before.forEach((netns, expected) -> Check.gauges(expected, netns, shown, wrong));
    return wrong;
  }

  private Map<String, Map<Series, Connections>> expected() {
    Map<String, Map<Series, Connections>> expected = new TreeMap<>();
    expected.put("", expected("", hosts.a()));
    others.forEach((netns, namespace) -> expected.put(netns, expected(netns, namespace)));
    return expected;
  }

  private Map<Series, Connections> expected(String netns, Namespace namespace) {
    Witness witness = Witness.of(namespace, SETUP, netns, rules);
    return Check.gauges(witness, ConntrackTable.of(namespace));
  }

  /** Against the first quarter of an hour after the warm-up; a short run has a short one. */
  private void judge() {
    double end = samples.getLast().seconds();
    double warm = Math.min(WARM_UP_S, end / 3);
    double window = Math.min(WARM_UP_S, end / 4);
    double before = residentKib(warm, warm + window);
    double after = residentKib(end - window, end);
    double growth = after / before - 1;
    System.out.printf(
        "%nResident memory: %,.1f MB on average from minute %.0f to %.0f, %,.1f MB in the last"
            + " %.0f: %+.1f %%%n",
        before * 1024e-6,
        warm / 60,
        (warm + window) / 60,
        after * 1024e-6,
        window / 60,
        100 * growth);
    List<SoakSample> pauses = samples.stream().filter(SoakSample::isPause).toList();
    int mostThreads = pauses.stream().skip(1).mapToInt(SoakSample::threads).max().orElse(0);
    int mostFiles = pauses.stream().skip(1).mapToInt(SoakSample::files).max().orElse(0);
    System.out.printf(
        "At %d pauses %d series were wrong. Threads: %d at the first, %d at most later. Files: %d"
            + " and %d.%n",
        pauses.size(),
        pauses.stream().mapToInt(SoakSample::wrong).sum(),
        pauses.getFirst().threads(),
        mostThreads,
        pauses.getFirst().files(),
        mostFiles);
    boolean isLong = end > 2 * WARM_UP_S; // a shorter one is all warm-up
    if ((isLong && growth > MOST_GROWTH) || pauses.stream().anyMatch(pause -> pause.wrong() > 0)) {
      throw new AssertionError("memory grows or gauges are wrong, see above");
    }
  }

  private double residentKib(double from, double to) {
    return samples.stream()
        .filter(sample -> sample.seconds() >= from && sample.seconds() <= to)
        .mapToInt(SoakSample::residentKib)
        .average()
        .orElseThrow();
  }

  @Override
  public void close() throws IOException {
    try (hosts;
        load;
        program) {
      others.values().forEach(Namespace::close);
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
