package io.conntrack.exporter.reading;

import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.ServiceManager;
import java.util.Map;
import org.tinylog.Logger;

/**
 * Keeps systemd informed, if it asks for that (NOTIFY_SOCKET, sd_notify(3)). It tells that the
 * daemon is ready, once the first resync is done. If there is a watchdog (WATCHDOG_USEC), it then
 * tells that the reader takes its turns.
 *
 * <p>Belongs to the reading thread. If a message cannot be sent, the log tells so. Nothing else
 * changes, because systemd itself acts on missing messages.
 */
final class Supervision implements AutoCloseable {
  /** Messages for each time that the watchdog waits: one may be late. */
  private static final int MESSAGES_PER_PERIOD = 3;

  private static final int NEVER_MS = Integer.MAX_VALUE;
  private static final int MICROS_PER_MS = 1_000;

  /** Null where nobody asked. */
  private final ServiceManager manager;

  /** Between two messages to the watchdog, where there is one. */
  private final int periodMs;

  private boolean ready;
  private long toldMs;

  private Supervision(ServiceManager manager, int periodMs) {
    this.manager = manager;
    this.periodMs = periodMs;
  }

  /** Opens what this environment asks for, for the calling thread. */
  static Supervision open(Map<String, String> environment) {
    String path = environment.getOrDefault("NOTIFY_SOCKET", "");
    try {
      return path.isEmpty()
          ? new Supervision(null, NEVER_MS)
          : new Supervision(ServiceManager.open(path), periodMs(environment));
    } catch (ConntrackException e) {
      Logger.warn("The exporter cannot tell systemd its state: {}", e.getMessage());
      return new Supervision(null, NEVER_MS);
    }
  }

  private static int periodMs(Map<String, String> environment) {
    String micros = environment.getOrDefault("WATCHDOG_USEC", "");
    return micros.matches("\\d{1,18}")
        ? Math.clamp(Long.parseLong(micros) / MICROS_PER_MS / MESSAGES_PER_PERIOD, 1, NEVER_MS)
        : NEVER_MS;
  }

  /** The reader has taken a turn. */
  void turned(boolean synced, long nowMs) {
    if (manager == null || !(ready || synced)) {
      return;
    }
    if (!ready) {
      ready = true;
      toldMs = nowMs;
      tell("READY=1\nSTATUS=The first resync is done.");
    } else if (nowMs - toldMs >= periodMs) {
      toldMs = nowMs;
      tell("WATCHDOG=1");
    }
  }

  /** How long the reader may wait in one turn. */
  int longestWaitMs() {
    return periodMs;
  }

  private void tell(String state) {
    try {
      manager.tell(state);
    } catch (ConntrackException e) {
      Logger.warn(
          "Telling systemd {} failed: {}", state.lines().findFirst().orElse(""), e.getMessage());
    }
  }

  @Override
  public void close() {
    if (manager != null) {
      manager.close();
    }
  }
}
