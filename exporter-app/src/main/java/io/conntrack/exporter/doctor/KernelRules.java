package io.conntrack.exporter.doctor;

import io.conntrack.exporter.kernel.ReceiveBufferRules;
import io.conntrack.exporter.kernel.TrackingHints;
import io.conntrack.ffm.request.TableSurvey;
import java.math.BigInteger;
import java.util.List;

/** What the kernel's answers mean for the exporter. */
final class KernelRules {
  private static final int CAP_NET_ADMIN = 12;

  private KernelRules() {}

  /** Of the effective set of capabilities, as /proc has it: a bit for each, in hexadecimal. */
  static Finding capability(String effective) {
    return new BigInteger(effective, 16).testBit(CAP_NET_ADMIN)
        ? Finding.ok("CAP_NET_ADMIN is in the effective set")
        : Finding.failed(
            "CAP_NET_ADMIN is not in the effective set (CapEff=" + effective + ")",
            "Run it as root, with AmbientCapabilities=CAP_NET_ADMIN in its systemd unit, or with"
                + " --cap-add=NET_ADMIN in a container");
  }

  /**
   * Judges by the flows in the table. If there are none, judges by the nftables rules that use
   * connection state. {@code elsewhere} says that this is not the host's network namespace, or is
   * empty.
   */
  static Finding tracking(long flows, long rules, String elsewhere) {
    String where = elsewhere.isEmpty() ? "" : ". " + elsewhere;
    if (flows > 0) {
      return Finding.ok("the kernel tracks connections in this network namespace" + where);
    }
    return rules > 0
        ? Finding.ok(
            "no connection is tracked now, but nftables rules use connection state: "
                + rules
                + where)
        : Finding.warning(
            "the kernel tracks no connection in this network namespace, and no nftables"
                + " rule here uses connection state"
                + where,
            "This rule makes the kernel track connections, and lets all packets pass. It"
                + " is not needed if a rule of iptables-legacy uses connection state:\n"
                + TrackingHints.RULE);
  }

  /** Judges by how many other namespaces were found, and by sentences about those that were not. */
  static Finding netns(int found, List<String> complaints) {
    String count = "other network namespaces that --netns asks for and that can be read: " + found;
    return complaints.isEmpty()
        ? Finding.ok(count)
        : Finding.warning(
            count + ". " + String.join(". ", complaints),
            "Correct the paths, or ignore this if the namespaces come later");
  }

  /** Of the flows that a flowtable forwards past connection tracking. */
  static Finding offload(TableSurvey survey) {
    return survey.offloaded() == 0
        ? Finding.ok("no flow is offloaded to a flowtable")
        : Finding.warning(
            "a flowtable forwards flows past connection tracking: %d of %d. They send no events"
                    .formatted(survey.offloaded(), survey.flows())
                + " until they close. Their bytes are counted only if the flowtable has 'counter'",
            "Add 'counter' to the flowtable, and keep flows that you want to see in full"
                + " out of it:\nnft list flowtables");
  }

  /** Of the buffer that was asked for and the one that the kernel gave. */
  static Finding receiveBuffer(long askedBytes, long obtainedBytes) {
    String found =
        "room for bursts of some %d events"
            .formatted(obtainedBytes / ReceiveBufferRules.BYTES_PER_EVENT);
    return ReceiveBufferRules.isGranted(askedBytes, obtainedBytes)
        ? Finding.ok(found)
        : Finding.warning(
            found + ", less than --netlink-buffer=" + askedBytes + " asks for",
            "Without CAP_NET_ADMIN in the host's user namespace, net.core.rmem_max is the"
                + " limit. Raise it on the host:\nsysctl -w net.core.rmem_max="
                + askedBytes);
  }
}
