package io.conntrack.exporter.doctor;

import io.conntrack.exporter.kernel.ReceiveBufferRules;
import io.conntrack.exporter.kernel.TrackingHints;
import io.conntrack.ffm.request.TableSurvey;
import java.math.BigInteger;

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

  /** Of the flows in the table and, where there are none, the rules of nftables that want some. */
  static Finding tracking(long flows, long rules) {
    if (flows > 0) {
      return Finding.ok("the kernel tracks connections in this network namespace");
    }
    return rules > 0
        ? Finding.ok(
            "no connection is tracked now; rules of nftables that use connection state: " + rules)
        : Finding.warning(
            "the kernel tracks no connection in this network namespace, and no rule of nftables here"
                + " uses connection state",
            "Unless a rule of iptables-legacy does, this one has the kernel track them; it lets all"
                + " pass:\n"
                + TrackingHints.RULE);
  }

  /** Of the flows that a flowtable forwards past connection tracking. */
  static Finding offload(TableSurvey survey) {
    return survey.offloaded() == 0
        ? Finding.ok("no flow is offloaded to a flowtable")
        : Finding.warning(
            "flows that a flowtable forwards past connection tracking: %d of %d. They send no events"
                    .formatted(survey.offloaded(), survey.flows())
                + " until they close, and bytes are counted only by a flowtable with 'counter'",
            "Add 'counter' to the flowtable, and leave out of it what you want to see in full:\n"
                + "nft list flowtables");
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
            "Without CAP_NET_ADMIN in the host's user namespace this is the limit, set on the host:"
                + "\nsysctl -w net.core.rmem_max="
                + askedBytes);
  }
}
