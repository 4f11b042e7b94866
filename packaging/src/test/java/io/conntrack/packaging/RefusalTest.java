package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.Traffic;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the machine refuses: exit code 1, and as the last word on standard error what to do. */
@KernelTest
final class RefusalTest {
  private static final String NO_CAPABILITY =
      "Reading connection tracking needs the capability CAP_NET_ADMIN: run it as";

  /**
   * Covers a library, whatever file its soname stands for, with an empty file. The mount namespace
   * is private and ends with the program.
   */
  private static final String COVER =
      """
      for library in $(ldconfig -p | awk -v name="$1" '$1 == name { print $NF }'); do
        mount --bind /dev/null "$library"
        covered=1
      done
      test "$covered"
      shift
      exec "$@"
      """;

  private static Namespace namespace;

  @BeforeAll
  static void create() {
    namespace = Namespace.create();
  }

  @AfterAll
  static void close() {
    namespace.close();
  }

  private static String refusal(Launch launch, String... options) throws InterruptedException {
    try (Program program = launch.start(options)) {
      assertThat(program.awaitExit()).as("exit code; log: %s", program.log()).isEqualTo(1);
      assertThat(program.output()).isEmpty();
      assertThat(program.awaitLog("conntrack-exporter: ")).hasSize(1);
      return program.log().getLast();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--listen-port=0", "--once"})
  void rootWithoutTheCapabilityIsToldHowToGetIt(String option) throws Exception {
    Launch launch =
        Launch.in(namespace).withRights("--bounding-set=-net_admin", "--inh-caps=-net_admin");
    assertThat(refusal(launch, option))
        .contains(NO_CAPABILITY, "AmbientCapabilities=CAP_NET_ADMIN", "--cap-add=NET_ADMIN");
  }

  @Test
  void aUserWithoutTheCapabilityIsToldHowToGetIt() throws Exception {
    Launch launch = Launch.in(namespace).withRights("--reuid=65534", "--clear-groups");
    assertThat(refusal(launch, "--listen-port=0")).contains(NO_CAPABILITY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--bind-address=127.0.0.1 --listen-port=%d",
        "--listen-port=%d",
        "--web.listen-address=127.0.0.1:0 --web.listen-address=127.0.0.1:%d"
      })
  void aPortInUseIsNamed(String options) throws Exception {
    try (Traffic traffic = Traffic.in(namespace)) {
      ServerSocket other = traffic.listen("127.0.0.1", 0);
      String[] words = options.formatted(other.getLocalPort()).split(" ", -1);
      assertThat(refusal(Launch.in(namespace), words))
          .contains("cannot listen on ", ":" + other.getLocalPort() + ": Address already in use")
          .contains("Choose another port or address", "'ss -ltnp' shows who");
    }
  }

  @Test
  void anAddressOfAnotherHostIsNamed() throws Exception {
    assertThat(refusal(Launch.in(namespace), "--bind-address=192.0.2.1"))
        .contains("cannot listen on 192.0.2.1:9318: Cannot assign requested address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"libmnl.so.0", "libnetfilter_conntrack.so.3"})
  void aMissingLibraryIsNamedWithItsPackage(String soname) throws Exception {
    Launch launch =
        Launch.in(namespace).through("unshare", "--mount", "sh", "-euc", COVER, "sh", soname);
    for (String option : List.of("--listen-port=0", "--web.systemd-socket", "--once")) {
      assertThat(refusal(launch, option))
          .contains(soname, "apt-get install libnetfilter-conntrack3 libmnl0")
          .doesNotContain("\tat ");
    }
  }
}
