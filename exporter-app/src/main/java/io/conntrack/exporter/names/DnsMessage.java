package io.conntrack.exporter.names;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A question for the name of an address, and its answer (RFC 1035, 4.1; RFC 3596, 2.5).
 *
 * <pre>
 *  offset  size  field
 *       0     2  id
 *       2     2  flags     0x8000 answer, 0x0200 cut off, 0x0100 recursion, 0x000f the result
 *       4     8  how many questions, answers, authorities and further records follow
 *      12        the question: a name, its type and class; then the records
 * </pre>
 *
 * <p>An answer is input: every length in it is checked.
 */
final class DnsMessage {
  /** Without EDNS no answer is longer. */
  static final int MAX_BYTES = 512;

  private static final int HEADER_BYTES = 12;
  private static final int ANSWER = 0x8000;
  private static final int CUT_OFF = 0x0200;
  private static final int RECURSION = 0x0100;
  private static final int RESULT = 0x000f;
  private static final int NO_SUCH_NAME = 3;
  private static final int PTR = 12;
  private static final int INTERNET = 1;
  private static final int RECORD_BYTES = 10;
  private static final int POINTER = 0xc0;
  private static final int LONGEST_NAME = 253;
  private static final int MOST_POINTERS = 16;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,253}");

  /**
   * What an answer tells.
   *
   * @param name only if one was found
   * @param ttlSeconds only if one was found
   */
  record Answer(DnsResult result, String name, long ttlSeconds) {
    private static Answer of(DnsResult result) {
      return new Answer(result, null, 0);
    }
  }

  private DnsMessage() {}

  static byte[] question(int id, Network address) {
    ByteBuffer message = ByteBuffer.allocate(MAX_BYTES);
    message.putShort((short) id).putShort((short) RECURSION);
    message.putShort((short) 1).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    for (String label : reversed(address).split("\\.", -1)) {
      message.put((byte) label.length()).put(label.getBytes(US_ASCII));
    }
    message.put((byte) 0).putShort((short) PTR).putShort((short) INTERNET);
    return Arrays.copyOf(message.array(), message.position());
  }

  /** {@code 5.1.0.10.in-addr.arpa}, and of IPv6 the same with hexadecimal digits. */
  private static String reversed(Network address) {
    StringBuilder name = new StringBuilder();
    if (address.isIpv4()) {
      for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
        name.append((address.low() >>> shift) & 0xff).append('.');
      }
      return name + "in-addr.arpa";
    }
    for (long half : new long[] {address.low(), address.high()}) {
      for (int shift = 0; shift < Long.SIZE; shift += 4) {
        name.append(Long.toHexString((half >>> shift) & 0xf)).append('.');
      }
    }
    return name + "ip6.arpa";
  }

  /** The id of a message, or -1 if there is none. */
  static int id(ByteBuffer message) {
    return message.limit() < HEADER_BYTES ? -1 : Short.toUnsignedInt(message.getShort(0));
  }

  /** Reads an answer to this question, which begins with its id. */
  static Answer answer(ByteBuffer message, byte[] question) {
    if (!answers(message, question)) {
      return Answer.of(DnsResult.MALFORMED);
    }
    int flags = Short.toUnsignedInt(message.getShort(2));
    if ((flags & RESULT) == NO_SUCH_NAME) {
      return Answer.of(DnsResult.ABSENT);
    }
    if ((flags & RESULT) != 0) {
      return Answer.of(DnsResult.REFUSED);
    }
    int records = Short.toUnsignedInt(message.getShort(6));
    return (flags & CUT_OFF) != 0
        ? Answer.of(DnsResult.MALFORMED)
        : firstName(message, question.length, records);
  }

  /** Whether it is an answer, and repeats the question. */
  static boolean answers(ByteBuffer message, byte[] question) {
    if (message.limit() < question.length
        || (Short.toUnsignedInt(message.getShort(2)) & ANSWER) == 0
        || message.getShort(4) != 1) {
      return false;
    }
    for (int at = HEADER_BYTES; at < question.length; at++) {
      if (lower(message.get(at)) != lower(question[at])) {
        return false;
      }
    }
    return id(message) == ((question[0] & 0xff) << Byte.SIZE | (question[1] & 0xff));
  }

  /** A server may change the case of letters. */
  private static int lower(byte letter) {
    return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
  }

  /**
   * The first PTR among so many records. Another owner's counts too: where less than 256 addresses
   * are delegated, an alias comes first (RFC 2317).
   */
  private static Answer firstName(ByteBuffer message, int start, int records) {
    int at = start;
    long ttlSeconds = Integer.MAX_VALUE;
    for (int record = 0; record < records; record++) {
      at = endOfName(message, at);
      if (at < 0 || at + RECORD_BYTES > message.limit()) {
        return Answer.of(DnsResult.MALFORMED);
      }
      int type = Short.toUnsignedInt(message.getShort(at));
      int family = Short.toUnsignedInt(message.getShort(at + 2));
      ttlSeconds = Math.min(ttlSeconds, Math.max(0, message.getInt(at + 4)));
      int data = at + RECORD_BYTES;
      int end = data + Short.toUnsignedInt(message.getShort(at + 8));
      if (end > message.limit()) {
        return Answer.of(DnsResult.MALFORMED);
      }
      if (type == PTR && family == INTERNET) {
        String name = name(message, data);
        return name == null
            ? Answer.of(DnsResult.MALFORMED)
            : new Answer(DnsResult.FOUND, name, ttlSeconds);
      }
      at = end;
    }
    return Answer.of(DnsResult.ABSENT);
  }

  /** Where what follows a name begins, or -1. */
  private static int endOfName(ByteBuffer message, int start) {
    int at = start;
    while (at < message.limit()) {
      int length = message.get(at) & 0xff;
      if (length == 0) {
        return at + 1;
      }
      if ((length & POINTER) != 0) {
        return (length & POINTER) == POINTER ? at + 2 : -1;
      }
      at += 1 + length;
    }
    return -1;
  }

  /** A name that may go on elsewhere, without its last dot; null if it is malformed. */
  private static String name(ByteBuffer message, int start) {
    StringBuilder name = new StringBuilder();
    int pointers = 0;
    int at = start;
    while (at < message.limit() && name.length() <= LONGEST_NAME) {
      int length = message.get(at) & 0xff;
      if (length == 0) {
        return NAME.matcher(name).matches() ? name.toString() : null;
      }
      if ((length & POINTER) == POINTER) {
        if (at + 2 > message.limit() || ++pointers > MOST_POINTERS) {
          return null;
        }
        at = Short.toUnsignedInt(message.getShort(at)) & 0x3fff;
      } else if ((length & POINTER) != 0 || at + 1 + length > message.limit()) {
        return null;
      } else {
        name.append(name.isEmpty() ? "" : ".");
        for (int i = at + 1; i <= at + length; i++) {
          name.append((char) (message.get(i) & 0xff));
        }
        at += 1 + length;
      }
    }
    return null;
  }
}
