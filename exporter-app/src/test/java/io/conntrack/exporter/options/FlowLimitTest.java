package io.conntrack.exporter.options;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.terms.KernelSetting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowLimitTest {
  @ParameterizedTest
  @CsvSource({
    "262144, 327681",
    "1, 2",
    "'65536\n', 81921",
    "2147483647, 100000000",
    "0, 4000000",
    "'', 4000000",
    "-1, 4000000",
    "99999999999, 4000000",
    "many, 4000000"
  })
  void isAQuarterMoreThanTheKernels(String kernelLimit, int expected) {
    assertThat(FlowLimit.above(kernelLimit)).isEqualTo(expected);
  }

  @Test
  void whatWasAskedForWins() {
    assertThat(new FlowLimit(OptionalInt.of(7)).now()).isEqualTo(7);
  }

  @Test
  void theKernelsIsReadWholly() throws Exception {
    Path setting = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
    String text = Files.exists(setting) ? Files.readAllLines(setting).getFirst() : "";

    assertThat(KernelSetting.text("nf_conntrack_max").strip()).isEqualTo(text);
    assertThat(new FlowLimit(OptionalInt.empty()).now()).isEqualTo(FlowLimit.above(text));
  }

  @Test
  void aSettingThatIsNotThereIsEmpty() {
    assertThat(KernelSetting.text("nf_conntrack_no_such_setting")).isEmpty();
  }
}
