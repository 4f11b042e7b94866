package io.conntrack.exporter.kernel;

import io.conntrack.ffm.request.ConntrackRules;
import io.conntrack.ffm.system.ConntrackException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The firewall's rules that have the kernel track connections. Each call asks for a dump on the
 * calling thread, in its network namespace, so it is for a namespace where no flow tells enough.
 */
public final class StateRules {
  private static final Path MODULES = Path.of("/proc/modules");

  private StateRules() {}

  /**
   * How many rules of nftables use connection state. 0 where there is no nftables: a kernel with
   * modules would load it to answer, so it is not asked there.
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
