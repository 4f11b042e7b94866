package io.conntrack.exporter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class CheckReportTest {
  private static final Finding FINE = Finding.ok("fine \"so\" far");
  private static final Finding UNTOLD = Finding.unknown("not told", "Ask again");
  private static final Finding LACKING =
      Finding.warning("word ".repeat(40).strip(), "Do this:\nnft '" + "x".repeat(79) + "; }; }'");
  private static final Finding BROKEN = Finding.failed("broken", "Mend it");

  private static CheckReport report(Finding... findings) {
    SequencedMap<String, Finding> all = new LinkedHashMap<>();
    for (Finding finding : findings) {
      all.put("check" + all.size(), finding);
    }
    return new CheckReport(all);
  }

  @Test
  void theWorstFindingDecidesTheExitCode() {
    assertThat(report(FINE, FINE).exitCode()).isZero();
    assertThat(report(UNTOLD, FINE).exitCode()).isEqualTo(1);
    assertThat(report(FINE, LACKING, UNTOLD).exitCode()).isEqualTo(1);
    assertThat(report(LACKING, BROKEN, FINE).exitCode()).isEqualTo(2);
  }

  @Test
  void theTextIsAlignedAndCommandsStayWhole() {
    assertThat(report(FINE, LACKING).text())
        .isEqualTo(
            """
            ok       check0         fine "so" far
            warning  check1         word word word word word word word word word word word word word word word
                                    word word word word word word word word word word word word word word word
                                    word word word word word word word word word word
                     Do this:
                     nft '%s; }; }'

            The exporter works here. The lines above tell what this host lacks.
            """
                .formatted("x".repeat(79)));
  }

  @Test
  void eachExitCodeHasItsLastLine() {
    assertThat(report(FINE).text()).endsWith("\n\nAll is well.\n");
    assertThat(report(BROKEN).text()).endsWith("\n\nA check has failed. The remedy is above.\n");
  }

  @Test
  void theJsonHasTheSame() throws IOException {
    CheckReport report = report(FINE, UNTOLD, LACKING, BROKEN);
    StringBuilder read = new StringBuilder();
    try (JsonParser json = new JsonFactory().createParser(report.json())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        read.append(token == JsonToken.FIELD_NAME ? json.getText() + "=" : json.getText());
        read.append(token == JsonToken.FIELD_NAME ? "" : "|");
      }
    }
    assertThat(read)
        .hasToString(
            "{|status=failed|exit_code=2|checks=[|"
                + object("check0", FINE)
                + object("check1", UNTOLD)
                + object("check2", LACKING)
                + object("check3", BROKEN)
                + "]|}|");
  }

  private static String object(String name, Finding finding) {
    return "{|name=%s|status=%s|found=%s|remedy=%s|}|"
        .formatted(name, finding.status(), finding.found(), finding.remedy());
  }
}
