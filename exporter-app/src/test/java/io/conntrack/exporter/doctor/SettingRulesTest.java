package io.conntrack.exporter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.doctor.Finding.Status;
import io.conntrack.ffm.request.TableSurvey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What numbers mean, whatever host they are of. */
class SettingRulesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 262144, OK, 0 of 262144 entries are used",
    "79, 100, OK, 79 %",
    "80, 100, WARNING, 80 %",
    "94, 100, WARNING, 94 %",
    "95, 100, FAILED, 95 %",
    "210000, 200000, FAILED, 105 %",
    "5, 0, OK, without a limit",
    "'', 100, UNKNOWN, nf_conntrack_count",
    "5, none, UNKNOWN, nf_conntrack_max"
  })
  void theTableIsJudgedByItsUse(String count, String limit, Status status, String found) {
    Finding finding = SettingRules.table(count + "\n", limit + "\n");
    assertThat(finding.status()).isEqualTo(status);
    assertThat(finding.found()).contains(found);
  }

  @Test
  void aTableThatFillsUpIsToldWithTwiceItsLimit() {
    assertThat(SettingRules.table("90", "100").remedy())
        .endsWith("\nsysctl -w net.netfilter.nf_conntrack_max=200");
  }

  @ParameterizedTest
  @CsvSource({
    "432000, OK, counts as open for 5 days",
    "86400, OK, for 1 day",
    "7440, OK, for 124 min",
    "7439, WARNING, the kernel forgets a connection that is idle for 7439 s",
    "3600, WARNING, the kernel forgets a connection that is idle for 1 h",
    "'', UNKNOWN, nf_conntrack_tcp_timeout_established"
  })
  void aConnectionMustBeKeptUntilItsKeepalive(String seconds, Status status, String found) {
    Finding finding = SettingRules.timeouts(seconds + "\n", "10\n");
    assertThat(finding.status()).isEqualTo(status);
    assertThat(finding.found()).contains(found);
  }

  @ParameterizedTest
  @CsvSource({
    "0, true, WARNING",
    "1, true, OK",
    "2, true, OK",
    "'', true, UNKNOWN",
    "0, false, OK"
  })
  void eventsMustBeOnIfTheyAreWanted(String text, boolean wanted, Status status) {
    assertThat(SettingRules.events(text + "\n", wanted).status()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({"1fffeffffff, OK", "1000, OK", "1fffeffefff, FAILED", "0, FAILED"})
  void theCapabilityIsOneBit(String effective, Status status) {
    assertThat(KernelRules.capability(effective).status()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "67108864, 134217728, OK",
    "1073741824, 2147483646, OK",
    "300000, 425984, WARNING",
    "67108864, 425984, WARNING"
  })
  void theKernelAccountsTwiceTheBufferThatItGives(long asked, long obtained, Status status) {
    assertThat(KernelRules.receiveBuffer(asked, obtained).status()).isEqualTo(status);
  }

  @Test
  void offloadedFlowsAreToldWithTheirNumber() {
    assertThat(KernelRules.offload(new TableSurvey(100, 0)).status()).isEqualTo(Status.OK);
    Finding finding = KernelRules.offload(new TableSurvey(100, 7));
    assertThat(finding.status()).isEqualTo(Status.WARNING);
    assertThat(finding.found()).contains("7 of 100");
  }

  @Test
  void accountingThatIsAskedForAndOffIsAWarningWithARemedy() {
    Finding finding = SettingRules.accounting("0\n", true);

    assertThat(finding.status()).isEqualTo(Finding.Status.WARNING);
    assertThat(finding.remedy()).endsWith("sysctl -w net.netfilter.nf_conntrack_acct=1");
    assertThat(SettingRules.accounting("0\n", false).status()).isEqualTo(Finding.Status.OK);
    assertThat(SettingRules.accounting("1\n", true).status()).isEqualTo(Finding.Status.OK);
  }

  @Test
  void timesThatAreAskedForAndNotToldAreAWarningWithARemedy() {
    Finding finding = SettingRules.timestamps("0\n", true);

    assertThat(finding.status()).isEqualTo(Finding.Status.WARNING);
    assertThat(finding.remedy()).endsWith("sysctl -w net.netfilter.nf_conntrack_timestamp=1");
    assertThat(SettingRules.timestamps("0\n", false).status()).isEqualTo(Finding.Status.OK);
    assertThat(SettingRules.timestamps("1\n", true).status()).isEqualTo(Finding.Status.OK);
  }
}
