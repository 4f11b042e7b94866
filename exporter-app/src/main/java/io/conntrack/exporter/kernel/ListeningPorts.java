package io.conntrack.exporter.kernel;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells a tracker which TCP ports of a namespace servers listen on, and which ones the kernel gives
 * to connections. {@code /proc/net/tcp} and {@code tcp6} list listening sockets first, and no more
 * is read than these. If the files do not exist, no port is told.
 *
 * <p>A server that restarts does not listen for a moment, but its connections stay. So a known port
 * stays known. The exception is a port that the kernel gives to connections, because another
 * program may have it next. Belongs to the reading thread.
 */
public final class ListeningPorts {
  private static final Path SOCKETS = Path.of("/proc/thread-self/net");

  private static final long LONGEST_AGE_MS = 60_000;

  /** The local address, whose port is hexadecimal; the remote one; the state LISTEN. */
  private static final Pattern LISTENING =
      Pattern.compile("\\s*\\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A .*");

  private final NetworkNamespace namespace;
  private final FlowTracker tracker;
  private final BitSet kept = new BitSet();
  private ServicePorts last = ServicePorts.NONE;
  private long readMs;
  private long createdBefore = -1;

  public ListeningPorts(NetworkNamespace namespace, FlowTracker tracker) {
    this.namespace = namespace;
    this.tracker = tracker;
  }

  /**
   * Tells those of now; to be called before an epoch opens. Returns whether they are others than
   * before.
   *
   * <p>The kernel goes through all its sockets to find where the listening ones end. That takes 5
   * ms where it has room for 262,144, half as long as a dump of few flows.
   *
   * @param created how many events of new flows have come until now
   * @param mayBeOld whether those of the last time will do for a minute, if no flow has begun since
   */
  public boolean read(long nowMs, long created, boolean mayBeOld) throws ConntrackException {
    if (mayBeOld && created == createdBefore && nowMs - readMs < LONGEST_AGE_MS) {
      return false;
    }
    readMs = nowMs;
    createdBefore = created;
    ServicePorts ports = namespace.call(this::readInside);
    if (ports.equals(last)) {
      return false;
    }
    last = ports;
    tracker.servicePorts(ports);
    return true;
  }

  private ServicePorts readInside() {
    BitSet ports = new BitSet();
    addTo(ports, SOCKETS.resolve("tcp"));
    addTo(ports, SOCKETS.resolve("tcp6"));
    BitSet keeps = (BitSet) ports.clone();
    BitSet given = GivenPorts.read();
    if (given.isEmpty()) {
      keeps.clear(); // the kernel does not tell
    }
    keeps.andNot(given);
    kept.or(keeps);
    ports.or(kept);
    return new ServicePorts(ports, given);
  }

  private static void addTo(BitSet ports, Path file) {
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.US_ASCII)) {
      String line = lines.readLine(); // of headings
      while ((line = lines.readLine()) != null) {
        Matcher listening = LISTENING.matcher(line);
        if (!listening.matches()) {
          return;
        }
        ports.set(Integer.parseInt(listening.group(1), 16));
      }
    } catch (IOException e) {
      // There is no IPv6, or /proc is restricted. Then nothing is known of such ports.
    }
  }
}
