package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Each exit code in docs/compatibility/exit-codes.txt is provoked, and no other is promised. */
@KernelTest
final class ExitCodesTest {
  private static final Path LIST = Path.of("../docs/compatibility/exit-codes.txt");

  @AutoClose private final Namespace namespace = Namespace.create();
  private final Map<String, Integer> seen = new TreeMap<>();

  @Test
  void eachIsAsItIsListed() throws Exception {
    see("version 0", Launch.in(namespace), "--version");
    see("once 0", Launch.in(namespace), "--once");
    see("once 1", intoFullDisk(), "--once");
    see("once 2", Launch.in(namespace), "--once", "--rules=/nope");
    see("check 1", Launch.in(namespace), "check");
    see("check 2", Launch.in(namespace), "check", "--zones=perhaps");
    see("daemon 1", Launch.in(namespace), "--bind-address=192.0.2.1");
    see("daemon 2", Launch.in(namespace), "--listen-port=x");
    see("top 1", Launch.in(namespace), "top", "--once", "--url=http://127.0.0.1:9");
    see("top 2", Launch.in(namespace), "top", "--sort=x");
    see("health-check 1", Launch.in(namespace), "--health-check");
    try (Program daemon = Launch.in(namespace).start()) {
      daemon.awaitReady();
      see("top 0", Launch.in(namespace), "top", "--once");
      see("health-check 0", Launch.in(namespace), "--health-check");
      daemon.signal("TERM");
      seen.put("daemon 0", daemon.awaitExit());
    }
    namespace.trackConnections();
    see("check 0", Launch.in(namespace), "check");

    assertThat(seen).allSatisfy((line, code) -> assertThat(line).endsWith(" " + code));
    assertThat(seen.keySet())
        .isEqualTo(
            Files.readAllLines(LIST).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceFirst("^(\\S+ \\S+) .*", "$1"))
                .collect(Collectors.toSet()));
  }

  private Launch intoFullDisk() {
    return Launch.in(namespace).outputTo(Redirect.to(Path.of("/dev/full").toFile()));
  }

  private void see(String line, Launch launch, String... options) throws Exception {
    try (Program program = launch.start(options)) {
      seen.put(line, program.awaitExit());
    }
  }
}
