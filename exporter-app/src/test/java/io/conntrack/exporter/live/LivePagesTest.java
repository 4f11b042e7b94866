package io.conntrack.exporter.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.terms.UsageException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LivePagesTest {
  private static final LiveFacts FACTS =
      new LiveFacts(
          new BuildInfo("1.2.3", "1a2b3c4", "25"), List.of("--rules=<x>"), true, "/metrics");

  private final AtomicReference<Observation> observation =
      new AtomicReference<>(Observations.small());
  private final AtomicLong nowNs = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private final Map<String, String> names = new HashMap<>();
  private final LivePages pages =
      new LivePages(
          new LiveTable(
              timeout -> {
                asked.incrementAndGet();
                return observation.get();
              },
              names::get,
              nowNs::get),
          FACTS);

  /** Parameters as in a URL. */
  private static Function<String, List<String>> query(String... words) {
    return name ->
        List.of(words).stream()
            .filter(word -> word.startsWith(name + "="))
            .map(word -> word.substring(name.length() + 1))
            .toList();
  }

  private String data(String... words) throws Exception {
    return pages.data(LiveSubject.ENDPOINTS, query(words));
  }

  private String page(String... words) throws Exception {
    return pages.page(query(words));
  }

  private void later(int seconds, Observation next) {
    nowNs.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    observation.set(next);
  }

  private static List<String> hosts(String json) {
    return Pattern.compile("\"host\":\"([^\"]*)\"")
        .matcher(json)
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  @Test
  void theDataTellTheFourStatesAndTheHealth() throws Exception {
    assertThat(data("sort=open"))
        .startsWith("{\"version\":1,")
        .contains("\"rate_seconds\":null", "\"exporter_version\":\"1.2.3\"")
        .contains(
            "{\"labels\":{\"host\":\"10.0.1.5:3306\"},\"opening\":0,\"open\":2,\"closing\":1,"
                + "\"closed\":0,\"opened\":{\"total\":")
        .contains(
            "\"netns\":\"\",\"in_sync\":true,\"resync_age_seconds\":7.5,\"lost_events\":345,"
                + "\"table_entries\":812,\"table_limit\":262144,\"connections\":5,\"endpoints\":2,"
                + "\"endpoints_limit\":10000,\"problem\":\"\"");
  }

  @Test
  void ratesCountFromAnEarlierObservation() throws Exception {
    List<Observation> opened = Observations.opened(100, 110);
    observation.set(opened.getFirst());
    data();
    later(2, opened.getLast());
    assertThat(data())
        .contains("\"rate_seconds\":2.0", "\"opened\":{\"total\":110,\"per_second\":5.0}");
  }

  @Test
  void ratesForgetWhatWasTwentySecondsAgo() throws Exception {
    List<Observation> opened = Observations.opened(1000, 2000);
    observation.set(opened.getFirst());
    for (int i = 0; i <= 30; i += 2) {
      data();
      later(2, opened.get(i < 6 ? 0 : 1));
    }
    assertThat(data()).contains("\"opened\":{\"total\":2000,\"per_second\":0.0}");
  }

  @Test
  void ratesBeginAnewWhenNobodyHasLookedForLong() throws Exception {
    List<Observation> opened = Observations.opened(100, 200);
    observation.set(opened.getFirst());
    data();
    later(31, opened.getLast());
    assertThat(data()).contains("\"rate_seconds\":null");
  }

  @Test
  void thoseWhoLookAtTheSameTimeShareAnObservation() throws Exception {
    for (int i = 0; i < 20; i++) {
      data("sort=open", "limit=" + (1 + i));
    }
    assertThat(asked).hasValue(1);
    later(2, Observations.small());
    page();
    assertThat(asked).hasValue(2);
  }

  @Test
  void rowsAreSortedAndLimitedAndFiltered() throws Exception {
    assertThat(hosts(data("sort=opening"))).containsExactly("10.0.1.12:8080", "10.0.1.5:3306");
    assertThat(hosts(data("sort=opening", "order=ascending")))
        .containsExactly("10.0.1.5:3306", "10.0.1.12:8080");
    assertThat(hosts(data("sort=host"))).containsExactly("10.0.1.12:8080", "10.0.1.5:3306");
    assertThat(hosts(data("sort=open", "limit=1"))).containsExactly("10.0.1.5:3306");
    assertThat(data("limit=1", "filter=:3306")).contains("\"matching\":1");
    assertThat(hosts(data("filter=:8080"))).containsExactly("10.0.1.12:8080");
    assertThat(hosts(data("filter=nowhere"))).isEmpty();
  }

  @Test
  void theFirstOfManyAreTheSameAsIfAllWereSorted() throws Exception {
    observation.set(Observations.large(3000));
    List<String> all = hosts(data("sort=host", "limit=1000"));
    assertThat(all).hasSize(1000).isSorted();
    assertThat(hosts(data("sort=host", "limit=10"))).isEqualTo(all.subList(0, 10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "failed", "open", "opened", "ended", "setup"})
  void theFirstTenAreThoseOfAll(String column) throws Exception {
    observation.set(Observations.large(900));
    for (String order : List.of("order=ascending", "order=descending")) {
      List<String> all = hosts(data("sort=" + column, order, "limit=1000"));
      assertThat(all).hasSize(900);
      assertThat(hosts(data("sort=" + column, order, "limit=10"))).isEqualTo(all.subList(0, 10));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sort=size, sort=size is wrong. It must be one of host; failed; opening",
    "order=up, order=up is wrong. It must be ascending or descending.",
    "limit=0, limit=0 is wrong. It must be a number from 1 to 1000.",
    "limit=1001, limit=1001 is wrong. It must be a number from 1 to 1000.",
    "limit=-5, limit=-5 is wrong. It must be a number from 1 to 1000.",
  })
  void aWrongValueIsNamedWithWhatWouldBeRight(String word, String message) {
    assertThatThrownBy(() -> data(word))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(message.replace(";", ","));
  }

  @Test
  void aFilterHasABound() {
    assertThatThrownBy(() -> data("filter=" + "a".repeat(201)))
        .hasMessage("filter has 201 characters. It may have at most 200.");
    assertThatThrownBy(() -> data("sort=open", "sort=open"))
        .hasMessage("sort is given 2 times. Give it once.");
  }

  @Test
  void thePageIsWholeWithoutAScript() throws Exception {
    assertThat(page("sort=open", "filter=10.0"))
        .contains("<th scope=\"row\" data-column=\"host\">10.0.1.5:3306</th>")
        .contains("<td data-column=\"open\">2</td>")
        .contains("data-column=\"open\" aria-sort=\"descending\"")
        .contains(
            "<a href=\"?show=endpoints&amp;sort=open&amp;order=ascending&amp;limit=50&amp;filter=10.0\">")
        .contains(
            "<a href=\"?show=endpoints&amp;sort=host&amp;order=ascending&amp;limit=50&amp;filter=10.0\">")
        .contains("✓ This host: in sync", "812 of 262,144", "2 of 10,000 endpoints")
        .contains("version 1.2.3", "<code>--rules=&lt;x&gt;</code>", "href=\"metrics\"")
        .doesNotContain("{rows}", "{heads}", " style=", "<script>");
  }

  @Test
  void whatIsAskedForIsTextInThePage() throws Exception {
    assertThat(page("filter=\"><script>alert('1')</script>{rows}"))
        .contains("value=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;{rows}\"")
        .contains("No endpoint matches the filter.");
  }

  @Test
  void thePageSaysWhyThereIsNothing() throws Exception {
    observation.set(Observations.untracked());
    assertThat(page())
        .contains("<li class=\"bad\"><strong>▲ This host: nothing is tracked</strong>")
        .containsPattern("The kernel(&#39;s table| tracks)");
    LivePages none =
        new LivePages(
            new LiveTable(
                timeout -> {
                  throw new UnavailableException("<The reader> has ended.");
                },
                names::get),
            FACTS);
    assertThat(none.page(query())).contains("▲ Not ready", "&lt;The reader&gt; has ended.");
    assertThatThrownBy(() -> none.data(LiveSubject.ENDPOINTS, query()))
        .isInstanceOf(UnavailableException.class);
  }

  @Test
  void thoseWhoWaitBehindOneInVainDoNotWaitAgain() {
    AtomicInteger waited = new AtomicInteger();
    LivePages hung =
        new LivePages(
            new LiveTable(
                timeout -> {
                  waited.incrementAndGet();
                  nowNs.addAndGet(timeout.toNanos());
                  throw new UnavailableException("The reader hangs.");
                },
                names::get,
                nowNs::get),
            FACTS);
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> hung.data(LiveSubject.ENDPOINTS, query()))
          .hasMessage("The reader hangs.");
    }
    assertThat(waited).hasValue(1);
    nowNs.addAndGet(TimeUnit.SECONDS.toNanos(2));
    assertThatThrownBy(() -> hung.data(LiveSubject.ENDPOINTS, query()))
        .hasMessage("The reader hangs.");
    assertThat(waited).hasValue(2);
  }

  @Test
  void otherNetworkNamespacesHaveTheirRowsAndTheirHealth() throws Exception {
    Observation other = Observations.small();
    observation.set(Observations.withOthers(new TreeMap<>(Map.of("blue", other, "red", other))));
    assertThat(page("sort=open"))
        .contains(
            "✓ blue: in sync",
            "✓ red: in sync",
            "<th scope=\"col\" data-column=\"label-netns\">Netns</th>")
        .contains("<td data-column=\"label-netns\">blue</td>");
    assertThat(hosts(data("filter=blue"))).hasSize(2);
    assertThat(data("filter=blue")).contains("\"netns\":\"blue\"},\"opening\"");
  }

  @Test
  void endpointsWithAllLabelsShowThem() throws Exception {
    observation.set(Observations.withAllLabels());
    assertThat(page()).contains("label-direction", "label-protocol", "Ct zone</th>", "other");
    assertThat(data()).contains("\"direction\":\"outbound\"");
  }

  @Test
  void anAddressHasItsNameAndTheFilterFindsIt() throws Exception {
    String hostile = "<img/src=x>&Payments";
    assertThat(data()).doesNotContain("\"name\"");
    names.put("10.0.1.5:3306", hostile);
    later(2, Observations.small());
    assertThat(data("filter=payments"))
        .contains("\"matching\":1")
        .contains("{\"labels\":{\"host\":\"10.0.1.5:3306\"},\"name\":\"" + hostile + "\",");
    assertThat(page())
        .contains("10.0.1.5:3306 <span class=\"name\">&lt;img/src=x&gt;&amp;Payments</span>")
        .doesNotContain(hostile);
  }

  @Test
  void sourcesAreATableOfTheirOwn() throws Exception {
    observation.set(Observations.withSources());
    assertThat(pages.data(LiveSubject.SOURCES, query("sort=source")))
        .startsWith("{\"version\":1,")
        .contains("\"sort\":\"source\",\"ascending\":true,\"matching\":4")
        .contains("\"sources\":[{\"labels\":{\"source\":\"10.0.0.2\"},\"opening\":0,\"open\":0,")
        .contains("\"failed\":{\"refused\":{\"total\":1,\"per_second\":null}}")
        .contains("{\"labels\":{\"source\":\"self\"},\"opening\":0,\"open\":1,")
        .doesNotContain("\"host\"", "setup_median_seconds");
    assertThat(page("show=sources", "filter=10.0"))
        .contains("<th scope=\"row\" data-column=\"source\">10.0.0.2</th>")
        .contains("<a href=\"?show=sources\" aria-current=\"page\">Sources</a>")
        .contains(
            "<a href=\"?show=sources&amp;sort=source&amp;order=ascending&amp;limit=50&amp;filter=10.0\">"
                + "Source</a>")
        .contains("name=\"show\" value=\"sources\"", "2 of 2 sources")
        .doesNotContain("data-column=\"setup\"", "Remote host");
    assertThat(page("show=sources", "filter=nobody")).contains("No source matches the filter.");
    assertThat(data()).contains("\"endpoints\":[").doesNotContain("\"source");
  }

  @Test
  void sourcesThatAreNotCountedAreNotShown() throws Exception {
    LivePages without =
        new LivePages(
            new LiveTable(timeout -> observation.get(), names::get),
            new LiveFacts(FACTS.build(), List.of(), false, "/metrics"));
    assertThat(without.page(query())).doesNotContain("aria-current", "Sources");
    assertThatThrownBy(() -> without.page(query("show=sources")))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "show=sources is wrong. Connections are counted by their source only with --sources.");
    assertThatThrownBy(() -> page("show=all"))
        .hasMessage("show=all is wrong. It must be endpoints or sources.");
    assertThatThrownBy(() -> page("show=sources", "sort=host"))
        .hasMessageStartingWith("sort=host is wrong. It must be one of source, failed,");
  }
}
