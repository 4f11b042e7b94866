package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of endpoints, in a real Chromium. */
@KernelTest
final class PageTest {
  /** A name that would be markup if somebody took it for that. */
  private static final String HOSTILE = "<img src=x onerror=window.errors.push(1)>";

  /** The same without blanks, which a name has not. */
  private static final String HOSTILE_NAME = "<img/src=x/onerror=window.errors.push(2)>";

  /** Of the table: the host, then its four states, as {@link Scrape#states} writes them. */
  private static final String TABLE =
      "[...document.querySelectorAll('#rows tr')].map(row => [row.querySelector('th').firstChild"
          + ".textContent, ...['opening', 'open', 'closing', 'closed'].map(column =>"
          + " row.querySelector(`[data-column=${column}]`).textContent)].join(' ')).join('\\n')";

  /** The table, the width of the window, and the colours. */
  private static final List<String> VIEWS =
      List.of(
          "endpoints 390 light",
          "endpoints 390 dark",
          "endpoints 1280 light",
          "endpoints 1280 dark",
          "endpoints 2560 light",
          "sources 390 light",
          "sources 1280 dark",
          "sources 2560 light");

  @TempDir private static Path folder;
  private static Hosts hosts;
  private static Traffic ofA;
  private static Traffic ofB;
  private static Program program;
  private static Browser browser;

  @BeforeAll
  static void startAmidConnections() throws IOException {
    Browser.require();
    hosts = Hosts.create();
    ofA = Traffic.in(hosts.a());
    ofB = Traffic.in(hosts.b());
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(
        rules,
        """
        rules:
          - network: 198.51.100.9
            group: '%1$s'
        sources:
          - network: 10.3.0.9
            group: '%1$s'
        """
            .formatted(HOSTILE));
    Path names = folder.resolve("names");
    Files.writeString(names, Hosts.B_IPV4 + " " + HOSTILE_NAME + "\n10.3.0.7 worker\n");
    ServerSocket open = ofB.listen(Hosts.B_IPV4, 0);
    ServerSocket closing = ofB.listen(Hosts.B_IPV6, 0);
    for (int i = 0; i < 3; i++) {
      ofA.connect(open);
    }
    ofA.connect(closing).halfCloseClient();
    ofB.dropRequests(9);
    ofA.connectUnanswered(Hosts.B_IPV4, 9);
    try (FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 40000, "198.51.100.9", 443)));
      for (int source = 7; source <= 9; source++) {
        writer.create(SyntheticFlow.of(Tuple.tcp("10.3.0." + source, 40001, "198.51.100.10", 443)));
      }
    }
    program =
        Launch.in(hosts.a())
            .serve(
                "--accounting",
                "--histograms",
                "--sources",
                "--rules=" + rules,
                "--names=" + names);
    browser = Browser.start(hosts.a(), folder);
  }

  @AfterAll
  static void stop() {
    if (hosts != null) {
      browser.close();
      program.close();
      ofA.close();
      ofB.close();
      hosts.close();
    }
  }

  private static String url() {
    return "http://127.0.0.1:" + program.port() + "/";
  }

  private static void open(String query) {
    browser.open(url() + query);
    browser.await("document.querySelector('#rows svg') !== null");
  }

  /** As the page shows it; without the browser's own connections. */
  private static Map<String, String> shown() {
    Map<String, String> shown = new TreeMap<>();
    browser
        .evaluate(TABLE)
        .lines()
        .forEach(line -> {
          String[] words = line.split(" (?=\\d+ \\d+ \\d+ \\d+$)", 2);
          String[] counts = words[1].split(" ", -1);
          int[] states = IntStream.range(0, 4).map(i -> Integer.parseInt(counts[i])).toArray();
          shown.put(words[0], Scrape.states(states));
        });
    shown.keySet().removeIf(host -> host.startsWith("127.") || host.equals("self"));
    return shown;
  }

  @Test
  void itsNumbersAreThoseOfTheMetrics() {
    open("");
    Map<String, String> scraped = new TreeMap<>(program.scrape().hosts());
    scraped.keySet().removeIf(host -> host.startsWith("127."));
    assertThat(scraped).hasSizeGreaterThanOrEqualTo(4);
    Await.untilEqual("the page", scraped, PageTest::shown);
  }

  @Test
  void whatFailsIsMarkedInWords() throws IOException {
    open("?sort=failed");
    for (int i = 0; i < 8; i++) {
      ofA.connectRefused(Hosts.B_IPV4, 7);
    }
    String row =
        "[...document.querySelectorAll('tr.failing')]"
            + ".find(each => each.innerText.startsWith('10.77.0.2:7'))";
    browser.await("(" + row + ") !== undefined");
    assertThat(browser.evaluate("(" + row + ").innerText")).contains("▲ failing", "refused");
    browser.await("(" + row + ")?.querySelector('svg rect') != null");
  }

  @Test
  void aHostileNameIsText() {
    open("?filter=errors.push(1)");
    assertThat(shown()).containsOnlyKeys(HOSTILE);
    assertThat(browser.evaluate("document.querySelectorAll('img').length")).isEqualTo("0");
    assertThat(browser.evaluate("window.errors.join()")).isEmpty();
  }

  @Test
  void aHostileNameOfAnAddressIsTextAndIsFound() {
    String shown = "document.querySelector('#rows .name').textContent";
    for (boolean scripts : new boolean[] {false, true}) {
      browser.scripts(scripts);
      browser.open(url() + "?filter=errors.push(2)");
      browser.await(shown + " !== ''");
      assertThat(browser.evaluate(shown)).isEqualTo(HOSTILE_NAME);
      assertThat(browser.evaluate("document.querySelectorAll('img').length")).isEqualTo("0");
    }
    assertThat(browser.evaluate("window.errors.join()")).isEmpty();
    open("?show=sources&filter=worker");
    assertThat(shown()).containsOnlyKeys("10.3.0.7");
  }

  @Test
  void itIsWholeWithoutScripts() {
    browser.scripts(false);
    try {
      browser.open(url() + "?sort=open&limit=20");
      assertThat(browser.evaluate("document.querySelector('#rows th').textContent"))
          .startsWith("10.77.0.2:");
      assertThat(
              browser.evaluate("document.querySelector('#rows td[data-column=open]').textContent"))
          .isEqualTo("3");
      browser.open(url() + "?show=sources&sort=source&filter=10.3.0");
      assertThat(browser.evaluate("document.querySelector('#rows').innerText.split('\\t')[0]"))
          .startsWith("10.3.0.7\nworker");
      browser.run("document.querySelector('nav a').click()");
      browser.await("document.querySelector('thead th').innerText.startsWith('Remote host')");
    } finally {
      browser.scripts(true);
    }
  }

  @Test
  void theKeyboardSortsAndTheFilterFilters() {
    open("");
    browser.run("document.querySelector('th[data-column=host] a').focus()");
    browser.press("Enter");
    browser.await("location.search.includes('sort=host')");
    browser.await("document.querySelector('th[data-column=host]').ariaSort === 'ascending'");
    browser.press("Enter");
    browser.await("document.querySelector('th[data-column=host]').ariaSort === 'descending'");
    browser.type("filter", "fd77");
    browser.await("document.querySelectorAll('#rows tr').length === 1");
    assertThat(shown().keySet()).allMatch(host -> host.startsWith("[fd77::2]:"));
  }

  @Test
  void theLineOfTheLastMinutesOutlivesAVisitToTheOtherTable() {
    String points =
        "Math.max(...[...document.querySelectorAll('polyline')]"
            + ".map(line => line.getAttribute('points').split(' ').length)) >= 3";
    open("");
    browser.await(points);
    open("?show=sources");
    open("");
    assertThat(browser.evaluate(points)).isEqualTo("true");
  }

  @Test
  void aHiddenPageAsksNothing() throws InterruptedException {
    open("");
    browser.run(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
            + " document.dispatchEvent(new Event('visibilitychange'))");
    Thread.sleep(500); // what was asked before comes back
    String asked = "performance.getEntriesByType('resource').length";
    String before = browser.evaluate(asked);
    Thread.sleep(5_000);
    assertThat(browser.evaluate(asked)).isEqualTo(before);
  }

  @Test
  void anOldTableSaysSo() {
    try (Program other = Launch.in(hosts.a()).serve()) {
      browser.open("http://127.0.0.1:" + other.port() + "/");
      browser.await("document.querySelector('#rows svg') !== null");
    }
    browser.await("document.querySelector('#status').textContent.startsWith('The table is old.')");
  }

  @Test
  void itsSourcesAreThoseOfTheMetrics() {
    open("?show=sources");
    Map<String, String> scraped = new TreeMap<>();
    Map<String, Double> series = program.scrape().series();
    for (String source : List.of("10.3.0.7", "10.3.0.8", HOSTILE)) {
      int[] states =
          Stream.of("opening", "open", "closing", "closed")
              .map(state ->
                  "conntrack_source_connections{source=\"" + source + "\",state=\"" + state + "\"}")
              .mapToInt(name -> series.get(name).intValue())
              .toArray();
      scraped.put(source, Scrape.states(states));
    }
    Await.untilEqual("the sources", scraped, PageTest::shown);
    assertThat(browser.evaluate("document.querySelector('thead th').innerText"))
        .startsWith("Source");
    assertThat(browser.evaluate("document.querySelectorAll('img').length")).isEqualTo("0");
    assertThat(browser.evaluate("window.errors.join()")).isEmpty();
  }

  @Test
  void theKeyboardChangesBetweenEndpointsAndSourcesAndSortsThem() {
    open("");
    browser.run("document.querySelector('nav a[href$=sources]').focus()");
    browser.press("Enter");
    browser.await("location.search === '?show=sources'");
    browser.await("document.querySelector('#rows svg') !== null");
    browser.run("document.querySelector('th[data-column=source] a').focus()");
    browser.press("Enter");
    browser.await(
        "location.search.includes('show=sources') && location.search.includes('sort=source')");
    browser.type("filter", "10.3.0.8");
    browser.await("document.querySelectorAll('#rows tr').length === 1");
    assertThat(shown()).containsOnlyKeys("10.3.0.8");
  }

  @Test
  void everybodyCanReadIt() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (String view : VIEWS) {
      String[] parts = view.split(" ", -1);
      browser.size(Integer.parseInt(parts[1]), 800);
      browser.colours(parts[2]);
      open(parts[0].equals("endpoints") ? "" : "?show=" + parts[0]);
      assertThat(browser.violations()).as(view).isEmpty();
      assertThat(browser.evaluate("document.documentElement.scrollWidth <= innerWidth"))
          .as(view)
          .isEqualTo("true");
      String found =
          "`| ${found.violations.length} | ${found.passes.length} rules |"
              + " ${found.incomplete.map(each => each.id).join(', ') || '-'} |`";
      rows.append("| ").append(String.join(" | ", parts)).append(' ');
      rows.append(browser.axe(found)).append('\n');
    }
    Tried.compare(
        "page-tried.md",
        """
        # What axe says of the page

        A test opens [the page](page.md) in Chromium with endpoints that fail, names and sources, and lets axe-core %s look for what keeps people
        from reading it: contrast, names of controls, order of headings, and more. A violation fails the test. So does a page that is wider than
        its window. `make tried` writes this page anew.

        | Table | Width | Colours | Violations | Passed | Undecided |
        |---|---|---|---|---|---|
        %s
        "Undecided" are rules that axe leaves to a person.
        """
            .formatted(browser.evaluate("axe.version"), rows));
  }
}
