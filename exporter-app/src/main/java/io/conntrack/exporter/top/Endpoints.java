package io.conntrack.exporter.top;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the data of the page tells, docs/page.md. Numbers that are not known are NaN.
 *
 * @param time when the numbers were taken, as text
 * @param rateSeconds over how long the rates are
 * @param matching how many endpoints match the filter
 * @param hasTraffic whether bytes are counted
 * @param hasTimes whether the time of a setup is taken
 */
record Endpoints(
    String exporterVersion,
    String time,
    double rateSeconds,
    long matching,
    boolean hasTraffic,
    boolean hasTimes,
    List<Health> namespaces,
    List<Endpoint> rows) {
  static final String FOREIGN = "It is no conntrack-exporter, or one of another version";

  private static final int VERSION = 1;
  private static final String NAME = "name";
  private static final String SENT = "sent_bytes";
  private static final String SETUP = "setup_median_seconds";

  /** Of one network namespace. */
  record Health(
      String netns,
      boolean inSync,
      double resyncAgeSeconds,
      long lostEvents,
      double tableEntries,
      double tableLimit,
      long connections,
      long endpoints,
      long endpointsLimit,
      String problem) {

    boolean isBad() {
      return !inSync || !problem.isEmpty();
    }
  }

  /**
   * One remote endpoint.
   *
   * @param name of its address; empty if it has none
   * @param opened for each second, like what failed and ended, and the bytes
   * @param setupSeconds the median
   */
  record Endpoint(
      Map<String, String> labels,
      String name,
      long opening,
      long open,
      long closing,
      long closed,
      double opened,
      Reasons failed,
      Reasons ended,
      double sent,
      double received,
      double setupSeconds) {

    boolean isFailing() {
      return failed.perSecond > 0;
    }

    String host() {
      return labels.getOrDefault("host", "");
    }
  }

  /**
   * How many failed or ended in a second.
   *
   * @param main the reason of the most; empty if there is none now
   * @param others how many other reasons there are now
   */
  record Reasons(double perSecond, String main, int others) {}

  /**
   * Reads an answer.
   *
   * @param source who answered, for the message
   */
  static Endpoints of(String source, String document) throws IOException {
    try {
      Json json = Json.of(document);
      long version = json.count("version");
      if (version != VERSION) {
        throw new IOException(
            "it speaks version " + version + " of the data, and this program " + VERSION);
      }
      return of(json);
    } catch (IOException e) {
      String reason = Text.safe(e.getMessage().replaceFirst("(?s)\\R.*", ""));
      throw new IOException(
          source + " answers with other data than an exporter's (" + reason + "). " + FOREIGN, e);
    }
  }

  private static Endpoints of(Json json) throws IOException {
    List<Health> namespaces = new ArrayList<>();
    for (Json each : json.objects("namespaces")) {
      namespaces.add(health(each));
    }
    List<Endpoint> rows = new ArrayList<>();
    boolean hasTraffic = false;
    boolean hasTimes = false;
    for (Json each : json.objects("endpoints")) {
      rows.add(endpoint(each));
      hasTraffic |= each.has(SENT);
      hasTimes |= each.has(SETUP);
    }
    return new Endpoints(
        json.text("exporter_version"),
        json.text("time"),
        json.number("rate_seconds"),
        json.count("matching"),
        hasTraffic,
        hasTimes,
        namespaces,
        rows);
  }

  private static Health health(Json json) throws IOException {
    return new Health(
        json.text("netns"),
        json.flag("in_sync"),
        json.number("resync_age_seconds"),
        json.count("lost_events"),
        json.number("table_entries"),
        json.number("table_limit"),
        json.count("connections"),
        json.count("endpoints"),
        json.count("endpoints_limit"),
        json.text("problem"));
  }

  private static Endpoint endpoint(Json json) throws IOException {
    Map<String, String> labels = new TreeMap<>();
    Json given = json.object("labels");
    for (String name : given.values().keySet()) {
      labels.put(name, given.text(name));
    }
    return new Endpoint(
        labels,
        json.has(NAME) ? json.text(NAME) : "",
        json.count("opening"),
        json.count("open"),
        json.count("closing"),
        json.count("closed"),
        json.object("opened").number("per_second"),
        reasons(json.object("failed")),
        reasons(json.object("ended")),
        traffic(json, SENT),
        traffic(json, "received_bytes"),
        json.number(SETUP));
  }

  private static double traffic(Json json, String name) throws IOException {
    return json.has(name) ? json.object(name).number("per_second") : Double.NaN;
  }

  private static Reasons reasons(Json json) throws IOException {
    double sum = 0;
    double most = 0;
    String main = "";
    int now = 0;
    for (String reason : json.values().keySet()) {
      double perSecond = json.object(reason).number("per_second");
      sum += perSecond;
      now += perSecond > 0 ? 1 : 0;
      if (perSecond > most) {
        most = perSecond;
        main = reason;
      }
    }
    return new Reasons(sum, main, Math.max(0, now - 1));
  }

  /** Beside {@code host}, in order. */
  List<String> otherLabels() {
    TreeSet<String> names = new TreeSet<>();
    rows.forEach(row -> names.addAll(row.labels().keySet()));
    names.remove("host");
    return List.copyOf(names);
  }
}
