package io.conntrack.exporter.doctor;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.kernel.HostNetwork;
import io.conntrack.exporter.kernel.NamespaceFinder;
import io.conntrack.exporter.kernel.StateRules;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.rules.RuleDoubts;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.KernelSetting;
import io.conntrack.exporter.terms.Protocols;
import io.conntrack.exporter.web.WebFile;
import io.conntrack.ffm.request.TableSurvey;
import io.conntrack.ffm.socket.EventSocket;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Libraries;
import io.conntrack.ffm.system.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * Examines whether the exporter has what it needs in the calling thread's network namespace: {@code
 * conntrack-exporter check}. It changes nothing. It reads files, opens sockets that are subscribed
 * to nothing, and asks for dumps. If one examination fails, the others go on.
 */
public final class Doctor {
  private static final Path STATUS = Path.of("/proc/thread-self/status");

  /** One examination. */
  @FunctionalInterface
  interface Examination {
    Finding examine() throws IOException;
  }

  private final Configuration configuration;
  private final EndpointRules rules;
  private final WebFile web;
  private final List<String> wrongNames;

  /** The findings by the names that {@code --json} shows, in the order of the report. */
  private final SequencedMap<String, Finding> findings = new LinkedHashMap<>();

  /** What ctnetlink told, or null. */
  private TableSurvey survey;

  private Doctor(
      Configuration configuration, EndpointRules rules, WebFile web, List<String> wrongNames) {
    this.configuration = configuration;
    this.rules = rules;
    this.web = web;
    this.wrongNames = wrongNames;
  }

  /**
   * Examines for a daemon that is started with this configuration, in some milliseconds.
   *
   * @param rules those of the configuration's file
   * @param web the web configuration file
   * @param wrongNames sentences about options and variables with old names, and variables that no
   *     option has
   */
  public static SequencedMap<String, Finding> examine(
      Configuration configuration, EndpointRules rules, WebFile web, List<String> wrongNames) {
    Doctor doctor = new Doctor(configuration, rules, web, wrongNames);
    doctor.examineAll();
    return doctor.findings;
  }

  private void examineAll() {
    if (!wrongNames.isEmpty()) {
      add(
          "environment",
          () ->
              Finding.warning(String.join(". ", wrongNames), "Correct these names, or unset them"));
    }
    add("capability", Doctor::capability);
    add("libraries", Doctor::libraries);
    if (!configuration.netns().isEmpty()) {
      add("netns", this::netns);
    }
    add("ctnetlink", afterAllBefore(this::ctnetlink));
    add("tracking", afterAllBefore(this::tracking));
    add("offload", afterAllBefore(() -> KernelRules.offload(survey)));
    add("receive_buffer", afterAllBefore(this::receiveBuffer));
    boolean events = configuration.events();
    add("events", () -> SettingRules.events(setting("events"), events));
    boolean traffic = configuration.endpoints().traffic();
    boolean times = configuration.endpoints().times();
    add("accounting", () -> SettingRules.accounting(setting("acct"), traffic));
    add("timestamps", () -> SettingRules.timestamps(setting("timestamp"), times));
    add("table", () -> SettingRules.table(setting("count"), setting("max")));
    add(
        "timeouts",
        () ->
            SettingRules.timeouts(
                setting("tcp_timeout_established"), setting("tcp_timeout_close")));
    if (configuration.rulesFile().isPresent()) {
      add("rules", this::rules);
    }
    add("listen", this::listen);
  }

  private void add(String name, Examination examination) {
    findings.put(name, finding(examination));
  }

  /** Total: what an examination throws is a finding too. */
  static Finding finding(Examination examination) {
    try {
      return examination.examine();
    } catch (ConntrackException e) {
      String remedy = e.remedy().isEmpty() ? "Try again" : e.remedy();
      return e.isLasting()
          ? Finding.failed(e.failure(), remedy)
          : Finding.unknown(e.failure(), remedy);
    } catch (IOException | RuntimeException | LinkageError e) {
      return Finding.unknown("the check itself failed: " + e, "Please report this");
    }
  }

  /** After a failure, an examination that builds on it could only fail for the same reason. */
  private Examination afterAllBefore(Examination examination) {
    return () ->
        findings.values().stream().anyMatch(each -> each.status() == Finding.Status.FAILED)
            ? Finding.unknown("skipped, because an earlier check has failed", "Solve that first")
            : examination.examine();
  }

  private static Finding capability() throws IOException {
    try (Stream<String> lines = Files.lines(STATUS, ISO_8859_1)) {
      String line = lines.filter(each -> each.startsWith("CapEff:")).findFirst().orElseThrow();
      return KernelRules.capability(line.substring("CapEff:".length()).strip());
    }
  }

  private static Finding libraries() throws IOException {
    return Finding.ok(String.join(", ", Libraries.loaded()));
  }

  private Finding netns() throws ConntrackException {
    NetworkNamespace.requireEntry();
    NamespaceFinder.Found found = new NamespaceFinder(configuration.netns()).find();
    return KernelRules.netns(
        found.namespaces().size(),
        Stream.concat(found.refused().values().stream(), found.missing().values().stream())
            .toList());
  }

  private Finding ctnetlink() throws ConntrackException {
    survey = TableSurvey.take();
    return Finding.ok("it answers: " + survey.flows() + " flows are in its dump");
  }

  /** Firewall rules are counted only if there is no flow, because there may be very many rules. */
  private Finding tracking() throws IOException {
    long rules = survey.flows() == 0 ? StateRules.count() : 0;
    return KernelRules.tracking(survey.flows(), rules, HostNetwork.hint(System.getenv()));
  }

  private Finding rules() {
    RuleDoubts doubts =
        new RuleDoubts(
            new Protocols(configuration.protocols()).numbers(),
            configuration.loggedEvents().format() != EventLogFormat.NONE,
            configuration.sources() != SourceView.NONE);
    List<String> found = doubts.of(rules);
    return found.isEmpty()
        ? Finding.ok("all of them can match: " + rules.size())
        : Finding.warning(String.join(". ", found), "Put such a rule first, or remove it");
  }

  private Finding receiveBuffer() throws ConntrackException {
    if (!configuration.events()) {
      return Finding.ok("not needed, as --no-events says");
    }
    int askedBytes = configuration.netlinkBufferBytes();
    return KernelRules.receiveBuffer(askedBytes, EventSocket.grantedBufferBytes(askedBytes));
  }

  private Finding listen() {
    return configuration.systemdSocket()
        ? Finding.ok("left to systemd, as --web.systemd-socket says")
        : ListenCheck.listen(configuration.listenAddresses(), web);
  }

  private static String setting(String name) {
    return KernelSetting.text("nf_conntrack_" + name);
  }
}
