package io.conntrack.exporter.kernel;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Tells whether the calling thread is in the host's network namespace, which is the kernel's first.
 * In a container it often is not. Then it sees only the container's own connections.
 */
public final class HostNetwork {
  /** Settings of network devices, in every network namespace. */
  private static final Path SETTINGS = Path.of("/proc/sys/net/core");

  /** One that the kernel has in its first network namespace alone (net_core_table). */
  private static final Path FIRST_ONLY = SETTINGS.resolve("netdev_max_backlog");

  private HostNetwork() {}

  /**
   * A sentence or two for the operator. Empty if this is the host's network namespace, or if nobody
   * can tell.
   *
   * @param environment of the process
   */
  public static String hint(Map<String, String> environment) {
    if (!Files.isDirectory(SETTINGS) || Files.exists(FIRST_ONLY)) {
      return "";
    }
    return hint(
        environment.containsKey("KUBERNETES_SERVICE_HOST"),
        Files.exists(Path.of("/run/.containerenv"))
            || Files.exists(Path.of("/.dockerenv"))
            || environment.containsKey("container"));
  }

  /** Of another network namespace than the host's. */
  static String hint(boolean inKubernetes, boolean inContainer) {
    String found = "This is not the host's network namespace";
    if (inKubernetes) {
      return found + " but the pod's own. With 'hostNetwork: true' the pod sees the host's";
    }
    return inContainer
        ? found + " but the container's own. Started with --net=host, the container sees the host's"
        : found;
  }
}
