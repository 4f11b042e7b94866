package io.conntrack.exporter.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointsTest {
  @Test
  void rowsHaveTheirNumbersAndTheReasonOfTheMost() throws IOException {
    Endpoints endpoints = Documents.parsed(Documents.row("10.0.0.1:80", 3, 4));
    assertThat(endpoints.rows())
        .singleElement()
        .satisfies(row -> {
          assertThat(row.host()).isEqualTo("10.0.0.1:80");
          assertThat(row.open()).isEqualTo(3);
          assertThat(row.failed()).isEqualTo(new Endpoints.Reasons(4, "refused", 0));
          assertThat(row.ended()).isEqualTo(new Endpoints.Reasons(0.5, "timed_out", 1));
          assertThat(row.isFailing()).isTrue();
        });
    assertThat(endpoints.hasTraffic()).isFalse();
    assertThat(endpoints.namespaces().getFirst().isBad()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>",
        "[]",
        "{}",
        "{\"version\":\"1\"}",
        "{\"version\":1,\"exporter_version\":5}",
        "{\"version\":1,\"exporter_version\":\"\",\"time\":\"\",\"namespaces\":[1],\"endpoints\":[]}",
        "{\"version\":1",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}"
      })
  void otherDataIsRefusedInWords(String document) {
    assertThatThrownBy(() -> Endpoints.of("http://db1", document))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("http://db1 answers with other data than an exporter's (")
        .hasMessageEndingWith("). It is no conntrack-exporter, or one of another version");
  }

  @Test
  void aLaterVersionIsNamed() {
    assertThatThrownBy(() -> Endpoints.of("http://db1", "{\"version\":2}"))
        .hasMessageContaining("it speaks version 2 of the data, and this program 1");
  }
}
