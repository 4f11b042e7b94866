package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Certificates;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --web.systemd-socket} of the built program, with real sockets by systemd's own tool. */
@KernelTest
final class SocketActivationTest {
  private static final int PORT = 9318;
  private static final String REFUSED = "conntrack-exporter: --web.systemd-socket: ";

  /**
   * Has the tool, which takes the options in $1, listen until somebody connects. It closes all
   * other descriptors, and says on standard error what it does; so the program writes to the file
   * that standard error led to.
   */
  private static final String ACTIVATE =
      """
      error=$(readlink /proc/self/fd/2)
      options=$1
      shift
      exec systemd-socket-activate $options --setenv=ERROR="$error" \
        sh -c 'exec "$@" 2>>"$ERROR"' sh "$@" 2>/dev/null
      """;

  /** Runs the program twice, one after the other, on the sockets that are there. */
  private static final String TWICE =
      "for run in 1 2; do sh -c 'export LISTEN_PID=$$; exec \"$@\"' sh \"$@\"; done";

  /** As a program that is started in the wrong way might find it. */
  private static final String FILE =
      "exec 3</dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"";

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @BeforeAll
  static void requireSystemd() {
    Tool.require("systemd-socket-activate", "systemd");
  }

  private Launch activated(String options) {
    return Launch.in(namespace).through("sh", "-euc", ACTIVATE, "sh", options);
  }

  /** The status of a page; 0 while nobody listens. */
  private int status(String address, int port, String path) {
    try {
      return HttpAnswer.get(namespace, address, port, path).status();
    } catch (UncheckedIOException e) {
      return 0;
    }
  }

  private void awaitReady(String address, int port) {
    Await.untilEqual("readiness", 200, () -> status(address, port, "/-/ready"));
  }

  /** The addresses and ports that somebody in the namespace listens on. */
  private List<String> listeners() {
    return namespace.sh("ss -Hltn | awk '{ print $4 }'").lines().sorted().toList();
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9318, 127.0.0.1, 127.0.0.1:9318",
    "[::1]:9318,     ::1,       [::1]:9318",
    "9318,           127.0.0.1, localhost:9318",
    "9318,           ::1,       localhost:9318"
  })
  void itServesOnTheSocketOfSystemdAndOnNoOther(String listen, String address, String told)
      throws Exception {
    try (Program program =
        activated("--listen=" + listen)
            .start("--web.systemd-socket", "--web.listen-address=127.0.0.1:9319")) {
      awaitReady(address, PORT);
      assertThat(status(address, PORT, "/metrics")).isEqualTo(200);
      assertThat(program.awaitLog("Serving metrics at http://" + told + "/metrics")).hasSize(1);
      assertThat(program.awaitLog("to listen on the sockets of systemd, with")).hasSize(1);
      assertThat(listeners()).containsExactly(told.replace("localhost", "*"));
      assertThat(namespace.sh("grep flags: /proc/" + listener(program)))
          .as("close-on-exec, non-blocking, for reading and writing")
          .isEqualTo("flags:\t02004002\n");
      assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(2));
      assertThat(program.awaitExit()).isZero();
    }
  }

  /** Where the kernel tells of the one descriptor that it listens with. */
  private String listener(Program program) {
    String inode = namespace.sh("ss -Hltne | grep -o 'ino:[0-9]*'").strip().substring(4);
    String fd =
        namespace.sh("find /proc/%d/fd -lname 'socket:\\[%s\\]'".formatted(program.pid(), inode));
    assertThat(fd.lines()).hasSize(1);
    return fd.strip().replace("/proc/", "").replace("/fd/", "/fdinfo/");
  }

  @Test
  void itServesOnSeveral() throws Exception {
    try (Program program =
        activated(
                "--listen=127.0.0.1:9318 --listen=[::1]:9319 --listen=9320"
                    + " --setenv=CONNTRACK_EXPORTER_WEB_SYSTEMD_SOCKET=true")
            .start()) {
      awaitReady("127.0.0.1", PORT);
      awaitReady("::1", 9319);
      awaitReady("127.0.0.1", 9320);
      assertThat(program.addresses(3))
          .extracting(address -> address.getPort())
          .containsExactly(9318, 9319, 9320);
      assertThat(listeners()).containsExactly("*:9320", "127.0.0.1:9318", "[::1]:9319");
    }
  }

  @Test
  void itSpeaksTls() throws Exception {
    Certificates certificates = new Certificates(folder);
    certificates.issue("server", "rsa:2048", "IP:127.0.0.1");
    Path web =
        Files.writeString(
            folder.resolve("web.yml"),
            "tls_server_config: {cert_file: server.pem, key_file: server.key}\n");
    try (Program program =
        activated("--listen=127.0.0.1:9318")
            .start("--web.systemd-socket", "--web.config.file=" + web)) {
      String ask = "curl --silent --cacert '" + folder + "/ca.pem' https://127.0.0.1:9318/-/ready";
      Await.until(
          "readiness", () -> namespace.sh(ask + " || :").equals("The exporter is ready.\n"));
      assertThat(program.awaitLog("Serving metrics at https://127.0.0.1:9318/metrics")).hasSize(1);
    }
  }

  @Test
  void nobodyIsTurnedAwayWhileItStartsAgain() throws Exception {
    try (Program twice =
        activated("--listen=127.0.0.1:9318")
            .through("sh", "-c", TWICE, "sh")
            .start("--web.systemd-socket")) {
      awaitReady("127.0.0.1", PORT);
      String first = namespace.sh("pgrep -P " + twice.pid()).strip();
      namespace.sh("kill -TERM " + first);
      Await.until("the first one's end", () -> !Files.exists(Path.of("/proc", first)));
      // Without a second try: whoever connects meanwhile waits for the second program.
      assertThat(HttpAnswer.get(namespace, "127.0.0.1", PORT, "/-/healthy").status())
          .isEqualTo(200);
      assertThat(twice.awaitLog("Stopping, as SIGTERM asks")).hasSize(1);
      assertThat(twice.addresses(2)).hasSize(2);
    }
  }

  @Test
  void withoutASocketItSaysHowToGetOne() throws Exception {
    assertRefused(
        Launch.in(namespace),
        REFUSED
            + "systemd has handed over no socket: LISTEN_PID='', LISTEN_FDS=''. Start it through a socket"
            + " unit: 'systemctl enable --now conntrack-exporter.socket', or leave the option out",
        () -> true);
  }

  @Test
  void whatIsNoListeningTcpSocketIsNamed() throws Exception {
    assertRefused(
        Launch.in(namespace).through("sh", "-c", FILE, "sh"), refused("/dev/null"), () -> true);
    Path path = folder.resolve("socket");
    assertRefused(
        activated("--listen=" + path),
        refused("the UNIX socket '" + path + "'"),
        () -> connects(path));
    assertRefused(
        activated("--datagram --listen=127.0.0.1:9318"),
        refused("a socket of type 2, as of ListenDatagram="),
        () -> sends("127.0.0.1", PORT));
  }

  @Test
  void aConnectionIsNoListeningSocket() {
    try (Program program =
        activated("--accept --listen=127.0.0.1:9318").start("--web.systemd-socket")) {
      Await.until(
          "the refusal", () -> status("127.0.0.1", PORT, "/") == 0 && !program.log().isEmpty());
      assertThat(program.log().getFirst()).isEqualTo(refused("a connection, as of Accept=yes"));
    }
  }

  private static String refused(String kind) {
    return REFUSED
        + "file descriptor 3 is "
        + kind
        + ", not a listening TCP socket. The socket unit needs ListenStream= with a port, or an IP"
        + " address and a port, and Accept=no";
  }

  private static boolean connects(Path path) {
    try {
      SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Whether somebody took the datagram: one before it was refused if not. */
  private boolean sends(String address, int port) {
    try {
      return namespace.call(() -> {
        try (var client = new DatagramSocket()) {
          client.connect(InetAddress.ofLiteral(address), port);
          client.send(new DatagramPacket(new byte[1], 1));
          client.send(new DatagramPacket(new byte[1], 1));
          return true;
        }
      });
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Awakes the tool, and waits for the program's end. */
  private static void assertRefused(Launch launch, String message, Supplier<Boolean> awake)
      throws Exception {
    try (Program program = launch.start("--web.systemd-socket")) {
      Await.until("the tool to listen", () -> program.hasEnded() || awake.get());
      assertThat(program.awaitExit()).as("exit code; log: %s", program.log()).isEqualTo(2);
      assertThat(program.log()).containsExactly(message);
    }
  }
}
