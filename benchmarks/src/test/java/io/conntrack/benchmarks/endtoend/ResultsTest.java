package io.conntrack.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResultsTest {
  private static final Results RECORDED = results("a machine", ratio("events/lib", 10, 20));

  @TempDir private Path folder;

  private static Results results(String machine, Row... rows) {
    return new Results(
        machine,
        Stream.of(rows)
            .map(row -> new Result(row.name().split("[-/]", 2)[0], "2026-11-28, load 0.5", row))
            .toList());
  }

  private static Row figure(String name, double figure) {
    return Row.of(name, "something", "us", Samples.of(figure));
  }

  private static Row ratio(String name, double ours, double theirs) {
    String[] names = name.split("/", 2);
    return figure(names[0], ours).beside(names[1], Samples.of(theirs));
  }

  @Test
  void aLossOfMoreThanAFifthIsOne() {
    assertThat(RECORDED.losses(List.of(ratio("events/lib", 12.2, 20))))
        .containsExactlyEntriesOf(Map.of("events/lib", "events/lib: 0.61 x, was 0.50 x"));
  }

  @Test
  void aSmallerLossAndAGainAreNone() {
    assertThat(RECORDED.losses(List.of(ratio("events/lib", 11.9, 20)))).isEmpty();
    assertThat(RECORDED.losses(List.of(ratio("events/lib", 5, 20)))).isEmpty();
  }

  @Test
  void aSlowerMachineIsNoLoss() {
    assertThat(RECORDED.losses(List.of(ratio("events/lib", 30, 60)))).isEmpty();
  }

  @Test
  void heapForAnEventIsALossWhateverWasRecorded() {
    Row row = Row.of("decode-allocation", "heap", "bytes", Samples.of(0.11));
    assertThat(RECORDED.losses(List.of(row.atMost(0.1)))).containsOnlyKeys("decode-allocation");
    assertThat(RECORDED.losses(List.of(row.atMost(0.11)))).isEmpty();
    assertThat(RECORDED.losses(List.of(figure("scrape", 30).atMost(20)))).isEmpty();
  }

  @Test
  void whatWasNotRecordedOrHasNoYardstickIsNotComparedAndSaidToBeSo() {
    Row unknown = ratio("new/lib", 10, 1);
    Row alone = figure("events", 10).beside("lib", null).atMost(0.5);
    assertThat(RECORDED.losses(List.of(unknown, alone))).isEmpty();
    assertThat(RECORDED.notCompared(List.of(unknown, alone, ratio("events/lib", 1, 1))))
        .containsExactly("new/lib", "events/lib");
    assertThat(alone.verdict()).isEqualTo("not compared");
  }

  @Test
  void aFigureBeyondWhatItMayBeIsNoLossOfARatio() {
    Row row = figure("decode-allocation", 0.11).atMost(0.1);
    assertThat(RECORDED.lossesOfRatios(List.of(row))).isEmpty();
  }

  @Test
  void aFileHasWhatWasRecorded() throws IOException {
    Path file = folder.resolve("results");
    Row several = Row.of("events", "an event, of many", "us", Samples.of(1.25, 1, 1.5));
    Results written =
        results(
            "a machine",
            several.beside("conntrack -E", Samples.of(3, 4)).atMost(0.5),
            several.beside("lib", null),
            figure("memory", 110_000).atMost(120_000));
    written.write(file);
    assertThat(file).content().contains("# a machine\n", "\tconntrack -E=3.000 4.000\t0.5\n");
    Results read = Results.read(file);
    assertThat(Table.ofResults(read.results())).isEqualTo(Table.ofResults(written.results()));
    assertThat(read.machine()).isEqualTo("a machine");
    assertThat(read.ratios()).containsExactlyEntriesOf(Map.of("events/conntrack -E", 1.25 / 3.5));
  }

  @Test
  void aFileThatIsNoneIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("results"), "events/lib 0.5\n");
    assertThatThrownBy(() -> Results.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("not 8 fields with a tab between: events/lib 0.5");
    Files.writeString(file, "events\tnow\tevents\tan event\tus\tmany\t-\t-\n");
    assertThatThrownBy(() -> Results.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("not a result: events\tnow");
  }

  /** So what else was recorded stays when a part is measured again. */
  @Test
  void newerResultsTakeThePlaceOfThoseOfTheSameMeasurement() {
    Results older =
        results("old", figure("events-a", 1), figure("events-b", 2), figure("memory-x", 3));
    Results newer = results("new", figure("events-c", 4), figure("churn", 5));
    Results all = older.with(newer, List.of("churn", "events", "memory"));
    assertThat(all.machine()).isEqualTo("new");
    assertThat(all.rows().stream().map(Row::name)).containsExactly("churn", "events-c", "memory-x");
    assertThat(older.with(newer, List.of("churn")).rows().stream().map(Row::name))
        .containsExactly("churn");
  }
}
