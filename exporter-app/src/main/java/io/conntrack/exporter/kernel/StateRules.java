package io.conntrack.exporter.kernel;

import io.conntrack.ffm.request.ConntrackRules;
import io.conntrack.ffm.system.ConntrackException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The firewall's rules that make the kernel track connections. Each call asks for a dump on the
 * calling thread, in its network namespace. So ask only if there is no flow, which would tell
 * enough.
 */
public final class StateRules {
  private static final Path MODULES = Path.of("/proc/modules");

  private StateRules() {}

  /**
   * How many nftables rules use connection state. 0 if there is no nftables. Such a kernel is not
   * asked, because it would load the module to answer.
   */
  public static long count() throws IOException {
    if (Files.exists(MODULES) && !Files.readString(MODULES).contains("nf_tables ")) {
      return 0;
    }
    try {
      return ConntrackRules.count();
    } catch (ConntrackException e) {
      if (e.isLasting()) {
        return 0; // a kernel without nftables
      }
      throw e;
    }
  }
}
