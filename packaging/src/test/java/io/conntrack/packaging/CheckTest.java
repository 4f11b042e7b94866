package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** {@code check} by the built program, on hosts that have what it needs and on others. */
@KernelTest
final class CheckTest {
  /** Hides libmnl, as where it is not installed. */
  private static final String COVER =
      """
      for library in $(ldconfig -p | awk '$1 == "libmnl.so.0" { print $NF }'); do
        mount --bind /dev/null "$library"
      done
      exec "$@"
      """;

  @AutoClose private final Namespace namespace = Namespace.create();

  /** What it prints on standard output; on standard error it has nothing to say. */
  private static String check(int exitCode, Launch launch, String... options) throws Exception {
    String[] words = new String[options.length + 1];
    words[0] = "check";
    System.arraycopy(options, 0, words, 1, options.length);
    try (Program program = launch.start(words)) {
      assertThat(program.awaitExit()).as("exit code; log: %s", program.log()).isEqualTo(exitCode);
      assertThat(program.log()).isEmpty();
      return program.output();
    }
  }

  @Test
  void whereConnectionsAreTrackedAllIsWellAndStaysAsItWas() throws Exception {
    namespace.trackConnections();
    String before = settings();
    assertThat(check(0, Launch.in(namespace)).lines())
        .hasSizeGreaterThan(11)
        .allMatch(line -> line.length() <= 100 && line.matches("ok  .*|  .*||All is well\\."));
    assertThat(settings()).isEqualTo(before);
  }

  private String settings() {
    return namespace.sh("sysctl net.netfilter net.core; nft list ruleset; cat /proc/modules || :");
  }

  @Test
  void whereNoneIsTheExitCodeIs1AsTextAndAsJson() throws Exception {
    assertThat(check(1, Launch.in(namespace)))
        .contains("\nwarning  tracking  ", "\n         nft 'table inet track {", "works here");
    assertThat(check(1, Launch.in(namespace), "--json"))
        .startsWith("{\n  \"status\" : \"warning\",\n  \"exit_code\" : 1,\n  \"checks\" : [ {\n")
        .contains("\"name\" : \"tracking\",\n    \"status\" : \"warning\",")
        .endsWith("} ]\n}\n");
  }

  @Test
  void withoutTheCapabilityTheExitCodeIs2WithTheRemedy() throws Exception {
    Launch launch =
        Launch.in(namespace).withRights("--bounding-set=-net_admin", "--inh-caps=-net_admin");
    assertThat(check(2, launch))
        .startsWith("failed   capability     CAP_NET_ADMIN is not in the effective set")
        .contains("AmbientCapabilities=CAP_NET_ADMIN", "--cap-add=NET_ADMIN in a container\n")
        .contains("\nok       libraries ", "\nunknown  ctnetlink ", "\nok       events ");
  }

  @Test
  void wherePortsAreLeftToSystemdNoneIsTried() throws Exception {
    assertThat(check(1, Launch.in(namespace), "--web.systemd-socket", "--bind-address=192.0.2.1"))
        .contains("\nok       listen         left to systemd, as --web.systemd-socket says\n");
  }

  @Test
  void aMissingLibraryIsNamedWithItsPackageAndTheRestIsTold() throws Exception {
    Launch launch = Launch.in(namespace).through("unshare", "--mount", "sh", "-euc", COVER, "sh");
    assertThat(check(2, launch))
        .contains("\nfailed   libraries      Cannot load ", "libmnl.so.0")
        .contains("apt-get install libnetfilter-conntrack3 libmnl0")
        .contains("\nunknown  ctnetlink ", "\nok       timeouts ");
  }

  @Test
  void inAUserNamespaceTheBufferIsTooSmallAndTheHostsTableOutOfReach() throws Exception {
    Launch own = Launch.in(namespace).through("unshare", "--user", "--map-root-user", "--net");
    assertThat(check(1, own, "--netlink-buffer=1GiB"))
        .contains("\nok       ctnetlink ", "\nwarning  receive_buffer ", "net.core.rmem_max");

    Launch hosts = Launch.in(namespace).through("unshare", "--user", "--map-root-user");
    assertThat(check(2, hosts))
        .contains("\nfailed   ctnetlink      The conntrack dump failed: Operation not permitted")
        .contains("the capability of a user namespace");
  }

  @Test
  void aBadOptionIsExitCode2AndAFullDisk1() throws Exception {
    try (Program program = Launch.in(namespace).start("check", "--netlink-buffer=1")) {
      assertThat(program.awaitExit()).isEqualTo(2);
      assertThat(program.output()).isEmpty();
      assertThat(program.awaitLog("must be a size from 64KiB to 1GiB")).hasSize(1);
    }
    Redirect full = Redirect.to(Path.of("/dev/full").toFile());
    try (Program program = Launch.in(namespace).outputTo(full).start("check")) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.awaitLog("cannot write to standard output")).hasSize(1);
    }
  }
}
