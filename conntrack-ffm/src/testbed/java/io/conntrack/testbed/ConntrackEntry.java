package io.conntrack.testbed;

import java.net.InetAddress;
import java.util.regex.Pattern;

/**
 * One line of {@code conntrack -L -o extended}, such as
 *
 * <pre>
 * ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80
 *     src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 [ASSURED] mark=7 zone=3 use=1
 * </pre>
 *
 * @param state the name of the state; empty for a protocol that has none
 * @param line the whole line
 */
public record ConntrackEntry(Tuple original, Tuple reply, String state, String line) {
  private static final Pattern SPACES = Pattern.compile(" +");
  private static final int PROTOCOL_WORD = 3;

  static ConntrackEntry parse(String line) {
    int originalStart = line.indexOf(" src=");
    int replyStart = line.indexOf(" src=", originalStart + 1);
    if (replyStart < 0) {
      throw new AssertionError("not an entry of conntrack -L -o extended: " + line);
    }
    String[] words = SPACES.split(line.substring(0, originalStart));
    int protocol = Integer.parseInt(words[PROTOCOL_WORD]);
    return new ConntrackEntry(
        tuple(protocol, line.substring(originalStart, replyStart)),
        tuple(protocol, line.substring(replyStart)),
        stateIn(words),
        line);
  }

  private static Tuple tuple(int protocol, String fields) {
    boolean icmp = protocol == Tuple.ICMP || protocol == Tuple.ICMPV6;
    return new Tuple(
        protocol,
        InetAddress.ofLiteral(value(fields, "src")),
        number(fields, icmp ? "id" : "sport"),
        InetAddress.ofLiteral(value(fields, "dst")),
        icmp ? number(fields, "type") << 8 | number(fields, "code") : number(fields, "dport"));
  }

  /** A state stands last before the tuples, where else there is the timeout or the protocol. */
  private static String stateIn(String[] words) {
    String last = words[words.length - 1];
    return Character.isLetter(last.charAt(0)) ? last : "";
  }

  private static int number(String fields, String name) {
    String value = value(fields, name);
    return value.isEmpty() ? 0 : Integer.parseUnsignedInt(value);
  }

  /** The value of the first field of this name; empty if there is none. */
  private static String value(String fields, String name) {
    String prefix = " " + name + "=";
    int start = fields.indexOf(prefix);
    if (start < 0) {
      return "";
    }
    int end = fields.indexOf(' ', start + prefix.length());
    return fields.substring(start + prefix.length(), end < 0 ? fields.length() : end);
  }

  /** A number by its name: {@code mark}, {@code zone}, {@code zone-orig}; 0 when not shown. */
  public int field(String name) {
    return number(line, name);
  }

  /** The zone of the original direction, whichever of the two forms it has; 0 without one. */
  public int originalZone() {
    return Math.max(field("zone"), field("zone-orig"));
  }

  /** Whether the line has this flag, such as {@code UNREPLIED}, {@code ASSURED}. */
  public boolean isFlagged(String flag) {
    return line.contains("[" + flag + "]");
  }
}
