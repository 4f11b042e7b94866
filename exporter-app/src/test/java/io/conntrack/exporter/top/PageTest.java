package io.conntrack.exporter.top;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lines, for screens of many sizes and for a pipe. */
final class PageTest {
  private static final EndpointQuery QUERY = new EndpointQuery("failed", false, 50, "");
  private static final String TRAFFIC =
      ",\"sent_bytes\":{\"total\":1,\"per_second\":1500},"
          + "\"received_bytes\":{\"total\":1,\"per_second\":0},\"setup_median_seconds\":0.0012";
  private static final String NOTHING_TRACKED =
      """
      {"netns":"","in_sync":true,"resync_age_seconds":1,"lost_events":0,"table_entries":0,
       "table_limit":null,"connections":0,"endpoints":0,"endpoints_limit":10000,
       "problem":"The kernel tracks no connection in this network namespace. This rule turns tracking on."}
      """;

  private final Page page = new Page("http://db1:9318", new Text(UTF_8), new Styles(true));

  private static List<String> shown(Page page, View view, int rows, int columns) {
    return page.screen(view, rows, columns).stream().map(AttributedString::toString).toList();
  }

  private static View view(Endpoints endpoints) {
    View view = new View(QUERY);
    view.show(endpoints);
    return view;
  }

  @Test
  void aPipeGetsAllColumnsAndNoEscape() throws IOException {
    Page plain = new Page("http://db1:9318", new Text(US_ASCII), new Styles(false));
    List<String> lines =
        plain.plain(
            Documents.parsed(
                Documents.row("10.77.0.2:7", 0, 4, TRAFFIC),
                Documents.row(
                    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", 12_345, 0, TRAFFIC)),
            QUERY);
    assertThat(lines)
        .containsExactly(
            "conntrack-exporter top: http://db1:9318, version 1.0.0, 2026-11-28T03:30:00.123Z",
            "* This host: in sync, 0 lost events, kernel's table 1,300 of 262,144, 3 of 10,000"
                + " endpoints, 1,234 connections, last resync 3 s ago",
            "2 of 2 endpoints by failed, descending. Rates are those of the last 2.0 s.",
            "  HOST                                           OPENING    OPEN CLOSING  CLOSED"
                + " OPENED/s FAILED/s REASON      ENDED/s   SENT/s RECEIVED/s   SETUP",
            "! 10.77.0.2:7                                          1       0       0       0"
                + "      0.5      4.0 refused         0.5   1.5 kB        0 B 1.20 ms",
            "  [2001:db8:1111:2222:3333:4444:5555:6666]:65535       1  12,345       0       0"
                + "      0.5        0                 0.5   1.5 kB        0 B 1.20 ms");
  }

  @Test
  void namesStandBesideHostsAndLongOnesAreCutOnAScreen() throws IOException {
    String name = "payments-db-" + "x".repeat(200);
    Endpoints endpoints =
        Documents.parsed(
            Documents.row("10.0.0.1:80", 1, 0, ",\"name\":\"" + name + "\""),
            Documents.row("10.0.0.2:80", 1, 0, ",\"name\":\"a\\u001b[31m\""),
            Documents.row("10.0.0.3:80", 1, 0));
    assertThat(String.join("\n", page.plain(endpoints, QUERY)))
        .contains(" NAME ", " " + name + " ", " a?[31m ");
    assertThat(shown(page, view(endpoints), 12, 110))
        .anyMatch(line -> line.contains("10.0.0.1:80") && line.contains(" payments-db-xxxxxxx… "))
        .anyMatch(line -> line.contains("FAILED/s"))
        .allMatch(line -> Text.width(line) <= 110);
  }

  @Test
  void withoutASecondReadingRatesAreUnknown() throws IOException {
    String row =
        Documents.row("10.0.0.1:80", 1, 0).replaceAll("per_second\":[0-9.]+", "per_second\":null");
    Endpoints endpoints = Endpoints.of("test", Documents.of("null", Documents.HEALTHY, row));
    List<String> lines = page.plain(endpoints, QUERY);
    assertThat(lines.get(2)).endsWith("Rates come with the next reading.");
    assertThat(lines.getLast()).matches("  10.0.0.1:80 .* 1 +1 +0 +0 +– +– +–");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1", "2, 3", "5, 20", "24, 10", "8, 40", "24, 80", "25, 81", "50, 132", "60, 300", "3, 500"
  })
  void everySizeIsKept(int rows, int columns) throws IOException {
    String[] endpoints =
        IntStream.range(0, 60)
            .mapToObj(i -> Documents.row("データ" + i + ":443", i, i % 3 == 0 ? 2 : 0, TRAFFIC))
            .toArray(String[]::new);
    View view = view(Documents.parsed(endpoints));
    for (int offset = 0; offset < 70; offset += 7) {
      List<String> lines = shown(page, view, rows, columns);
      assertThat(lines).hasSize(rows);
      assertThat(lines).allMatch(line -> Text.width(line) <= columns);
      view.press(Screen.PAGE_DOWN);
    }
    assertThat(page.help(rows, columns)).hasSizeLessThanOrEqualTo(rows);
  }

  @Test
  void aTinyScreenShowsHostAndWhatFailed() throws IOException {
    View view = view(Documents.parsed(Documents.row("10.77.0.2:7", 0, 4)));
    assertThat(shown(page, view, 5, 20))
        .containsExactly(
            "✓ This host: in syn…", "  HOST      FAILED/s", "▲ 10.77.0.…      4.0", "", "");
  }

  @Test
  void theColumnThatIsSortedByIsAlwaysShown() throws IOException {
    View view = new View(new EndpointQuery("closed", false, 50, ""));
    view.show(Documents.parsed(Documents.rows("10.0.0.1:80")));
    assertThat(shown(page, view, 10, 40)).anyMatch(line -> line.contains("CLOSED"));
    assertThat(shown(page, view, 10, 40)).noneMatch(line -> line.contains("ENDED"));
  }

  @Test
  void namespacesAndTheirLabelsHaveAColumn() throws IOException {
    String row =
        Documents.row("10.0.0.1:80", 1, 0).replace("\"host\":", "\"netns\":\"blue\",\"host\":");
    List<String> lines = shown(page, view(Documents.parsed(row)), 10, 120);
    assertThat(lines).anyMatch(line -> line.matches("  HOST +NETNS .*"));
    assertThat(lines).anyMatch(line -> line.matches("  10.0.0.1:80 +blue .*"));
  }

  @Test
  void whereNothingIsTrackedTheReasonStandsOnTheScreen() throws IOException {
    Endpoints none = Endpoints.of("test", Documents.of("2", NOTHING_TRACKED));
    assertThat(String.join(" ", shown(page, view(none), 24, 60)).replaceAll(" +", " "))
        .contains("▲ This host: in sync", "tracks no connection in this network namespace.")
        .contains("This rule turns tracking on.", "No endpoint yet.");
    assertThat(page.plain(none, QUERY))
        .contains(
            "  The kernel tracks no connection in this network"
                + " namespace. This rule turns tracking on.");
  }

  @Test
  void hostileNamesDoNothingToTheTerminal() throws IOException {
    Endpoints endpoints =
        Documents.parsed(Documents.row("\u001b[2Jgone\u001b]0;title\u0007\r\n\u202eevil", 1, 1));
    assertThat(shown(page, view(endpoints), 24, 80))
        .anyMatch(line -> line.startsWith("▲ ?[2Jgone?]0;title?"));
    assertThat(String.join("", page.plain(endpoints, QUERY))).doesNotContainPattern("\\p{Cntrl}");
  }

  @Test
  void whatFailsIsRedAndBoldAndWithoutColoursBoldAlone() throws IOException {
    View view = view(Documents.parsed(Documents.row("10.77.0.2:7", 0, 4)));
    String coloured = ansi(page, view);
    assertThat(coloured).contains("\033[31;1m▲");
    Page without = new Page("x", new Text(UTF_8), new Styles(false));
    assertThat(ansi(without, view)).contains("\033[1m▲").doesNotContain("31m", "32m");
  }

  private static String ansi(Page page, View view) {
    StringBuilder all = new StringBuilder();
    page.screen(view, 10, 80).forEach(line -> all.append(line.toAnsi()).append('\n'));
    return all.toString();
  }

  @Test
  void anOldTableSaysSo() throws IOException {
    View view = view(Documents.parsed(Documents.rows("10.0.0.1:80")));
    view.fail("cannot ask http://db1: Connection refused");
    assertThat(shown(page, view, 10, 80))
        .contains("The table is old. cannot ask http://db1: Connection refused")
        .anyMatch(line -> line.startsWith("  10.0.0.1:80"));
  }
}
