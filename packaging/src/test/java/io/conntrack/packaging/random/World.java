package io.conntrack.packaging.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.packaging.Launch;
import io.conntrack.packaging.Program;
import io.conntrack.packaging.Scrape;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelException;
import io.conntrack.testbed.OpenFiles;
import io.conntrack.testbed.ReceiveBuffer;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TableSize;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The namespaces, the program, and what steps do to them. One thread. */
final class World implements AutoCloseable {
  private static final int OLD_FLOWS = 60;
  private static final int EXPIRING_S = 1;

  /** All of these are in use. It is what poll(2) needs to wait for the reader's sockets. */
  private static final int NO_MORE_FILES = 8;

  private static final int MANY_FILES = 1_024;
  private static final int MOST_FLOWS = 300_000;
  private static final int MORE_THAN_ALL = 500;
  private static final List<SyntheticFlow> FILLING =
      List.of(
          SyntheticFlow.of(Tuple.udp("10.100.0.0", 10_000, "192.0.2.1", 53)),
          SyntheticFlow.of(Tuple.echo("10.100.0.0", "192.0.2.1", 10_000)));
  private static final int SMALL_BUFFER = 20_000;

  /** Of {@code --netns}: files that the program alone sees. */
  private static final String OWN_RUN = "mount -t tmpfs none /run; mkdir /run/netns; exec \"$@\"";

  private static final List<String> ADDRESSES =
      List.of("10.50.0.1/32", "10.50.0.2/32", "10.60.0.1/32", "10.70.0.1/32", "10.70.0.2/32");
  private static final List<String> ROUTES = List.of("198.51.100.0/24", "203.0.113.0/28");

  final Setup setup;
  final List<Place> places = new ArrayList<>();
  final Program program;
  long failures;
  private final Path rulesFile;
  private int rules;
  private boolean resized;
  private SplittableRandom random;
  private Shapes shapes;
  private int step = -1;

  World(Plan plan) {
    setup = plan.setup();
    random = new SplittableRandom(plan.seed());
    shapes = new Shapes(random);
    for (int i = 0; i <= setup.others(); i++) {
      places.add(new Place(i == 0 ? "" : "other" + i, setup));
    }
    try {
      rulesFile = Files.createTempFile("rules", ".yaml");
      rulesFile.toFile().deleteOnExit();
      Files.writeString(rulesFile, Rules.FILES.getFirst());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    beforeTheStart();
    program = start();
    own().enter();
    own().all().forEach(life -> own().saw("older than the program", life));
    places.stream().skip(1).forEach(this::enter);
  }

  private Place own() {
    return places.getFirst();
  }

  /** Half of the old flows send no events, as where nobody listened when they began. */
  private void beforeTheStart() {
    for (Place place : places) {
      create(place, OLD_FLOWS / 2, false);
      events(place, 1);
      create(place, OLD_FLOWS / 2, true);
      events(place, 2);
    }
  }

  private static void events(Place place, int value) {
    place.namespace.sysctl("net.netfilter.nf_conntrack_events", value);
  }

  private Program start() {
    List<String> options = new ArrayList<>(setup.options());
    if (setup.rules()) {
      options.add("--rules=" + rulesFile);
    }
    return Launch.in(own().namespace)
        .through("unshare", "--mount", "sh", "-euc", OWN_RUN, "sh")
        .serve(options.toArray(String[]::new));
  }

  int rules() {
    return rules;
  }

  /** Takes a step, and returns in words what it did. */
  String take(Plan.Step next) {
    random = new SplittableRandom(next.seed());
    shapes = new Shapes(random);
    step = next.index();
    Place place = places.get(random.nextInt(places.size()));
    return next.operation() + " " + place.netns + ": " + take(next.operation(), place);
  }

  private String take(Operation operation, Place place) {
    return switch (operation) {
      case CREATE -> create(place, 1 + random.nextInt(100), true);
      case UPDATE -> update(place);
      case MARK -> mark(place);
      case DELETE -> delete(place);
      case FLUSH -> flush(place);
      case EXPIRE -> expire(place);
      case REUSE -> reuse(place);
      case BURST -> burst(place);
      case EVENTLESS -> create(place, 1 + random.nextInt(30), false);
      case ZERO -> shell(place, "conntrack -L -z >/dev/null");
      case ADDRESS -> toggle(place, "ip addr show dev lo", "ip addr %s %s dev lo", ADDRESSES);
      case ROUTE ->
          toggle(place, "ip route show table local", "ip route %s local %s dev lo", ROUTES);
      case TRACKING -> tracking(place);
      case RULES -> changeRules();
      case PAUSE -> pause(place);
      case SHRINK_BUFFER -> shrinkBuffer();
      case FAIL -> fail(place);
      case NAMESPACE -> enterOrLeave(place);
      case RESIZE -> resize();
      case FULL -> fill();
    };
  }

  private String shell(Place place, String script) {
    place.namespace.sh(script);
    return script;
  }

  /** Without events: as if nobody had listened when they began. */
  private String create(Place place, int count, boolean eventful) {
    List<SyntheticFlow> flows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SyntheticFlow flow = shapes.flow(place);
      if (!place.lives.containsKey(Place.idOf(flow))) {
        flows.add(flow);
      }
    }
    if (!eventful) {
      events(place, 0);
    }
    place.writer.create(flows.stream());
    if (!eventful) {
      events(place, 2);
    }
    flows.forEach(flow -> place.begin(flow, eventful, step));
    return flows.size() + (eventful ? " flows" : " flows without events");
  }

  /** Some flows, of which those without events were not changed in this step. */
  private List<Life> some(Place place, int oneIn) {
    return place.all().stream()
        .filter(life -> random.nextInt(oneIn) == 0)
        .filter(life -> life.eventful || life.touched != step)
        .toList();
  }

  private String update(Place place) {
    List<Life> lives = some(place, 1 + random.nextInt(4));
    List<SyntheticFlow> changed = lives.stream().map(life -> shapes.next(life.flow)).toList();
    place.writer.update(changed.stream());
    for (int i = 0; i < changed.size(); i++) {
      place.told(lives.get(i), changed.get(i), step);
    }
    return changed.size() + " flows";
  }

  private String mark(Place place) {
    List<Life> lives = some(place, 2);
    int mark = random.nextInt(1, 1000);
    place.writer.update(lives.stream().map(life -> life.flow.mark(mark)));
    lives.forEach(life -> place.told(life, life.flow.mark(mark), step));
    return lives.size() + " flows, mark=" + mark;
  }

  private String delete(Place place) {
    List<Life> lives = some(place, 1 + random.nextInt(4));
    place.writer.delete(lives.stream().map(life -> life.flow));
    lives.forEach(place::deleted);
    return lives.size() + " flows";
  }

  private String flush(Place place) {
    place.namespace.sh("conntrack -F");
    assertThat(place.table().entries()).as("after conntrack -F").isEmpty();
    int flows = place.lives.size();
    place.all().forEach(place::deleted);
    return flows + " flows";
  }

  /** Old flows and new ones; they are gone when conntrack(8) does not list them. */
  private String expire(Place place) {
    create(place, 10, true);
    List<Life> lives = some(place, 5);
    place.writer.update(lives.stream().map(life -> life.flow.timeoutSeconds(EXPIRING_S)));
    List<Place.Id> ids = lives.stream().map(life -> Place.idOf(life.flow)).toList();
    Await.until(
        "flows to expire", () -> Place.ids(place.table()).stream().noneMatch(ids::contains));
    lives.forEach(place::expired);
    return lives.size() + " flows";
  }

  /** Tuples are used again at once, some of them twice. */
  private String reuse(Place place) {
    List<Life> lives =
        place.all().stream().filter(life -> life.eventful && random.nextInt(3) == 0).toList();
    for (int i = 0; i < 1 + random.nextInt(2); i++) {
      List<SyntheticFlow> flows = lives.stream().map(life -> life.flow).toList();
      List<SyntheticFlow> again = lives.stream().map(shapes::again).toList();
      place.writer.delete(flows.stream());
      place.writer.create(again.stream());
      lives.forEach(life -> place.saw("reuse", life));
      lives.forEach(place::deleted);
      lives = again.stream().map(flow -> place.begin(flow, true, step)).toList();
    }
    return lives.size() + " flows";
  }

  private String burst(Place place) {
    return create(place, 600, true) + ", " + update(place) + ", " + delete(place);
  }

  private String toggle(Place place, String show, String change, List<String> choices) {
    String choice = choices.get(random.nextInt(choices.size()));
    String bare = choice.replace("/32", "");
    boolean there = (place.namespace.sh(show) + " ").contains(" " + bare);
    String did = shell(place, change.formatted(there ? "del" : "add", choice));
    place.look(rules);
    return did;
  }

  private String tracking(Place place) {
    boolean there = !place.namespace.sh("nft list tables inet").isBlank();
    if (there) {
      return shell(place, "nft flush ruleset");
    }
    place.namespace.nft(
        """
        table inet loopback {
          chain in { type filter hook prerouting priority raw; iif lo notrack; }
          chain out { type filter hook output priority raw; oif lo notrack; }
        }
        """);
    place.namespace.trackConnections();
    return "tracking begins";
  }

  private String changeRules() {
    if (!setup.rules()) {
      return "no rules";
    }
    double reloads = reloads();
    rules = random.nextInt(Rules.FILES.size());
    try {
      Files.writeString(rulesFile, Rules.FILES.get(rules));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    program.signal("HUP");
    Await.until("the rules to be read", () -> reloads() > reloads);
    places.forEach(place -> place.look(rules));
    return "version " + rules;
  }

  private double reloads() {
    return program
        .awaitScrape()
        .value("conntrack_exporter_rules_reloads_total{result=\"success\"}");
  }

  /** What happens while the program is stopped, it reads all at once. */
  private String pause(Place place) {
    List<String> did = new ArrayList<>();
    program.signal("STOP");
    try {
      for (int i = 0; i < 3; i++) {
        did.add(
            switch (random.nextInt(5)) {
              case 0 -> create(place, 1 + random.nextInt(50), true);
              case 1 -> update(place);
              case 2 -> delete(place);
              case 3 -> reuse(place);
              default -> burst(place);
            });
      }
    } finally {
      program.signal("CONT");
    }
    place.touched(step).forEach(life -> place.saw("pause", life));
    return "stopped: " + did;
  }

  private String shrinkBuffer() {
    return "buffers=" + ReceiveBuffer.ofEvents(program.pid(), SMALL_BUFFER);
  }

  /** The reader gets no new socket, and closes those that it has. */
  private String fail(Place place) {
    if (failures > 0) {
      return "not again: the third failure in a minute is the last";
    }
    OpenFiles.limit(program.pid(), NO_MORE_FILES);
    String did = "nothing meanwhile";
    try {
      Await.until("a failure", () -> !program.log("The reader failed").isEmpty());
      if (random.nextBoolean()) {
        did = create(place, 20, true) + ", " + delete(place);
        places.forEach(each -> each.lose(each == place ? 2L * place.lives.size() + 100 : 0, step));
      }
    } finally {
      OpenFiles.limit(program.pid(), MANY_FILES);
    }
    program.awaitReady();
    failures = program.log("The reader failed").size();
    return did;
  }

  /** The hash table is the whole machine's, so this is short, and comes once at most. */
  private String resize() {
    if (resized) {
      return "not again";
    }
    resized = true;
    try (TableSize size = TableSize.open()) {
      size.set(size.before() / 4);
      TimeUnit.MILLISECONDS.sleep(random.nextInt(5, 100));
      return size.before() + " buckets, a quarter, and all again";
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** More flows than the table takes: for each one the kernel drops another that is not assured. */
  private String fill() {
    Place place = own();
    int most = Integer.parseInt(place.namespace.sysctl("net.netfilter.nf_conntrack_max"));
    if (most > MOST_FLOWS || !setup.events()) {
      return "not with nf_conntrack_max=" + most + ", events=" + setup.events();
    }
    int room = most - place.lives.size();
    SyntheticFlow filling = FILLING.get(random.nextInt(FILLING.size()));
    List<SyntheticFlow> flows =
        IntStream.range(0, room + MORE_THAN_ALL)
            .mapToObj(i -> filling.client(i).status(SyntheticFlow.SEEN_REPLY))
            .toList();
    place.writer.create(flows.stream().limit(room));
    flows.stream().limit(room).forEach(flow -> place.begin(flow, true, step));
    flows.stream().skip(room).forEach(flow -> createInFull(place, flow));
    place.full = true;
    return flows.size() + " flows more, early drops=" + place.dropMissing(Place.ids(place.table()));
  }

  /** The kernel looks for one to drop in a few buckets only, and refuses if it finds none. */
  private void createInFull(Place place, SyntheticFlow flow) {
    try {
      place.writer.create(flow);
      place.begin(flow, true, step);
    } catch (KernelException e) {
      if (!e.errnoName().equals("ENOMEM")) {
        throw e;
      }
    }
  }

  private String enterOrLeave(Place place) {
    if (place == own()) {
      return "the own one stays";
    }
    if (!place.inView) {
      enter(place);
      return "comes";
    }
    inside("umount /run/netns/%s; rm /run/netns/%s".formatted(place.netns, place.netns));
    place.leave();
    // It is left when it cannot be read. Only the next look finds that it is gone, and forgets it.
    Await.until(place.netns + " to be forgotten", () -> isForgotten(place));
    return "goes";
  }

  private boolean isForgotten(Place place) {
    Scrape scrape = program.awaitScrape();
    return scrape.value("conntrack_exporter_network_namespaces{state=\"refused\"}") == 0
        && scrape.series().keySet().stream().noneMatch(series -> isOf(place, series));
  }

  private static boolean isOf(Place place, String series) {
    return series.contains("netns=\"" + place.netns + "\"");
  }

  private void enter(Place place) {
    String file = "/run/netns/" + place.netns;
    inside("touch %s; mount --bind %s %s".formatted(file, place.namespace.path(), file));
    place.enter();
    Await.until(
        place.netns + " to be read",
        () ->
            program.awaitScrape().series().keySet().stream()
                .anyMatch(series -> isOf(place, series)));
  }

  /** In the mount namespace of the program. */
  private void inside(String script) {
    own()
        .namespace
        .sh("nsenter --mount=/proc/%d/ns/mnt sh -euc '%s'".formatted(program.pid(), script));
  }

  /** Lets the program run for a moment. */
  static void rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  int step() {
    return step;
  }

  @Override
  public void close() {
    try {
      program.close();
    } finally {
      places.forEach(Place::close);
    }
  }
}
