package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.NFNL_SUBSYS_NFTABLES;
import static io.conntrack.ffm.generated.Netfilter.NFTA_EXPR_DATA;
import static io.conntrack.ffm.generated.Netfilter.NFTA_EXPR_NAME;
import static io.conntrack.ffm.generated.Netfilter.NFTA_LIST_ELEM;
import static io.conntrack.ffm.generated.Netfilter.NFTA_MATCH_NAME;
import static io.conntrack.ffm.generated.Netfilter.NFTA_RULE_EXPRESSIONS;
import static io.conntrack.ffm.generated.Netfilter.NFTA_TARGET_NAME;
import static io.conntrack.ffm.generated.Netfilter.NFT_MSG_GETRULE;
import static io.conntrack.ffm.generated.Netfilter.NFT_MSG_NEWRULE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.ffm.message.MessageWalk;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;

/**
 * The nftables rules that use connection tracking, also those that iptables-nft made. If there is
 * one, the kernel tracks the connections of its network namespace. Rules of iptables-legacy are not
 * read, because reading them would make their tables.
 */
public final class ConntrackRules {
  /** Expressions that have the kernel track connections (nf_ct_netns_get). */
  private static final Set<String> EXPRESSIONS =
      Set.of("ct", "nat", "masq", "redir", "connlimit", "synproxy", "flow_offload");

  /** The same of iptables' extensions, in an expression "match" or "target". */
  private static final Set<String> MATCHES =
      Set.of(
          "conntrack",
          "state",
          "connmark",
          "connbytes",
          "connlabel",
          "connlimit",
          "helper",
          "cluster");

  /** Not CT, which more often than not stands there to have something not tracked. */
  private static final Set<String> TARGETS =
      Set.of(
          "SNAT",
          "DNAT",
          "MASQUERADE",
          "REDIRECT",
          "NETMAP",
          "CONNMARK",
          "CONNSECMARK",
          "SYNPROXY",
          "CLUSTERIP");

  private ConntrackRules() {}

  /** How many rules of this network namespace use connection tracking. */
  public static long count() throws ConntrackException {
    return NetfilterDump.read(
            "The dump of nftables' rules", NFNL_SUBSYS_NFTABLES(), NFT_MSG_GETRULE(), Counter::new)
        .rules;
  }

  /** Counts the messages of one dump. */
  static final class Counter implements MessageWalk.Visitor {
    private static final int RULE = NetfilterDump.type(NFNL_SUBSYS_NFTABLES(), NFT_MSG_NEWRULE());
    long rules;

    @Override
    public boolean visit(MemorySegment messages, long message) {
      if (Netlink.type(messages, message) == RULE) {
        long end = message + Netlink.lengthBytes(messages, message);
        rules += hasExpression(messages, message + NetfilterDump.ATTRIBUTES, end) ? 1 : 0;
      }
      return true;
    }

    /** In the attributes of a rule: a list of elements, of which each has a name and its data. */
    private static boolean hasExpression(MemorySegment messages, long start, long end) {
      long list = Netlink.find(messages, start, end, NFTA_RULE_EXPRESSIONS());
      if (list == end) {
        return false;
      }
      long listEnd = Netlink.end(messages, list);
      long at = Netlink.payload(list);
      while (Netlink.hasAttribute(at, listEnd) && Netlink.fits(messages, at, listEnd, 0)) {
        if (Netlink.attributeType(messages, at) == NFTA_LIST_ELEM()
            && tracks(messages, Netlink.payload(at), Netlink.end(messages, at))) {
          return true;
        }
        at = Netlink.next(messages, at);
      }
      return false;
    }

    private static boolean tracks(MemorySegment messages, long start, long end) {
      String name = text(messages, start, end, NFTA_EXPR_NAME());
      long data = Netlink.find(messages, start, end, NFTA_EXPR_DATA());
      if (data == end) {
        return EXPRESSIONS.contains(name);
      }
      long inside = Netlink.payload(data);
      long insideEnd = Netlink.end(messages, data);
      return switch (name) {
        case "match" -> MATCHES.contains(text(messages, inside, insideEnd, NFTA_MATCH_NAME()));
        case "target" -> TARGETS.contains(text(messages, inside, insideEnd, NFTA_TARGET_NAME()));
        default -> EXPRESSIONS.contains(name);
      };
    }

    /** The text of an attribute, which a zero byte ends, or none. */
    private static String text(MemorySegment messages, long start, long end, int type) {
      long attribute = Netlink.find(messages, start, end, type);
      if (attribute == end) {
        return "";
      }
      long payload = Netlink.payload(attribute);
      byte[] bytes =
          messages
              .asSlice(payload, Netlink.end(messages, attribute) - payload)
              .toArray(ValueLayout.JAVA_BYTE);
      String text = new String(bytes, US_ASCII);
      return text.substring(0, text.indexOf('\0') < 0 ? text.length() : text.indexOf('\0'));
    }
  }
}
