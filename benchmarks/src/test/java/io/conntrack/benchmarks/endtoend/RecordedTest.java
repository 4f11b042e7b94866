package io.conntrack.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordedTest {
  private static final Recorded RECORDED = Recorded.of(List.of(ratio("events/lib", 10, 20)));

  @TempDir private Path folder;

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
    Row row = figure("decode-allocation", 0.11).atMost(0.1);
    assertThat(RECORDED.losses(List.of(row))).containsOnlyKeys("decode-allocation");
    assertThat(RECORDED.losses(List.of(figure("decode-allocation", 0.1).atMost(0.1)))).isEmpty();
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
  void aFileHasWhatWasRecorded() throws IOException {
    Path file = folder.resolve("results");
    RECORDED.write(file, "a machine");
    assertThat(Recorded.read(file)).isEqualTo(RECORDED);
    assertThat(file).content().contains("# a machine\n", "events/lib\t0.500\n");
  }

  @Test
  void aFileThatIsNoneIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("results"), "events/lib 0.5\n");
    assertThatThrownBy(() -> Recorded.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("not a name, a tab and a ratio: events/lib 0.5");
  }
}
