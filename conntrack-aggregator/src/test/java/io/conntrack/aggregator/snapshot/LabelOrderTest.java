package io.conntrack.aggregator.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LabelOrderTest {
  private static void assertSorts(String... labels) {
    int[] order = LabelOrder.of(labels);
    assertThat(IntStream.of(order).distinct()).hasSize(labels.length);
    assertThat(IntStream.of(order).mapToObj(index -> labels[index]))
        .containsExactly(Arrays.stream(labels).sorted().toArray(String[]::new));
  }

  @Test
  void addressesAndGroups() {
    Random random = new Random(1);
    String[] groups = {"other", "self", "a", "", "10", "10.1", "10.128.0.1"};
    String[] addresses =
        IntStream.range(0, 5_000)
            .mapToObj(i ->
                switch (i % 3) {
                  case 0 -> "10.128.%d.%d:443".formatted(random.nextInt(256), i % 256);
                  case 1 ->
                      "[2001:db8::%x]:%d".formatted(random.nextInt(65_536), random.nextInt(9));
                  default -> "192.0.2.%d\ninbound\n%d".formatted(i % 256, random.nextInt(65_536));
                })
            .toArray(String[]::new);
    assertSorts(Stream.of(groups, addresses).flatMap(Stream::of).toArray(String[]::new));
  }

  @Test
  void textsThatBeginAlikeAndEnd() {
    String[] labels =
        IntStream.range(0, 200).mapToObj(length -> "a".repeat(length % 90)).toArray(String[]::new);
    assertSorts(labels);
  }

  @Test
  void noneAndOne() {
    assertSorts();
    assertSorts("10.0.0.1");
  }
}
