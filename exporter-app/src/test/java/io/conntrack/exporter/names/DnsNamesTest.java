package io.conntrack.exporter.names;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.terms.HostPattern;
import io.conntrack.testbed.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Asks servers of this test, on loopback. */
class DnsNamesTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final String NO_ERROR = "8180";
  private static final String NO_SUCH_NAME = "8183";
  private static final String SERVER_FAILURE = "8182";

  /** A pointer to the question's name, PTR, IN, 300 s. */
  private static final String PTR = "c00c000c00010000012c";

  private final ConcurrentLinkedQueue<DatagramSocket> sockets = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<byte[]> questions = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    sockets.forEach(DatagramSocket::close);
  }

  /** A server that makes each answer of a question; of null it says nothing. */
  private InetSocketAddress server(UnaryOperator<byte[]> answer) throws IOException {
    DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    sockets.add(socket);
    Thread.ofPlatform().daemon().start(() -> serve(socket, answer));
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  private void serve(DatagramSocket socket, UnaryOperator<byte[]> answer) {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[1_000], 1_000);
        socket.receive(packet);
        byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
        questions.add(question);
        byte[] bytes = answer.apply(question);
        if (bytes != null) {
          socket.send(new DatagramPacket(bytes, bytes.length, packet.getSocketAddress()));
        }
      }
    } catch (SocketException e) {
      // the test is over
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** With this result, so many records, and these bytes behind the question. */
  private static byte[] answer(byte[] question, String flags, int records, String rest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(question, 0, 2);
    bytes.writeBytes(HEX.parseHex(flags + "0001" + "%04x".formatted(records) + "00000000"));
    bytes.write(question, 12, question.length - 12);
    bytes.writeBytes(HEX.parseHex(rest));
    return bytes.toByteArray();
  }

  private static String record(String name) {
    StringBuilder data = new StringBuilder();
    for (String label : name.split("\\.", -1)) {
      data.append("%02x".formatted(label.length()));
      data.append(HEX.formatHex(label.getBytes(US_ASCII)));
    }
    data.append("00");
    return PTR + "%04x".formatted(data.length() / 2) + data;
  }

  private static DnsNames ask(InetSocketAddress... servers) {
    DnsNames names = new DnsNames(() -> List.of(servers));
    names.start();
    return names;
  }

  private static long lookups(DnsNames names, DnsResult result) {
    return names.status().lookups().get(result);
  }

  @Test
  void anAddressHasNoNameUntilTheServerHasToldOne() throws Exception {
    InetSocketAddress server =
        server(question -> answer(question, NO_ERROR, 1, record("db.example.com")));
    try (DnsNames names = ask(server)) {
      assertThat(names.name(HostPattern.network("10.0.1.5:3306"))).isNull();
      Await.untilEqual(
          "the name", "db.example.com", () -> names.name(HostPattern.network("10.0.1.5")));
      assertThat(lookups(names, DnsResult.FOUND)).isEqualTo(1);
      assertThat(names.status().cached()).isEqualTo(1);
      assertThat(questions).hasSize(1);
      assertThat(new String(questions.element(), ISO_8859_1))
          .contains("\0015\0011\0010\00210\007in-addr\004arpa\0\0\014\0\001");
    }
  }

  @Test
  void ofIpv6TheDigitsAreAskedFor() throws Exception {
    InetSocketAddress server = server(question -> answer(question, NO_ERROR, 1, record("v6")));
    try (DnsNames names = ask(server)) {
      Await.untilEqual("the name", "v6", () -> names.name(HostPattern.network("2001:db8::a5")));
      assertThat(new String(questions.element(), ISO_8859_1))
          .contains("\0015\001a" + "\0010".repeat(22) + "\0018\001b\001d\0010\0011\0010\0010\0012")
          .contains("\003ip6\004arpa\0\0\014\0\001");
    }
  }

  @Test
  void anAliasMayComeFirst() throws Exception {
    String alias = "c00c" + "0005" + "0001" + "00000e10" + "0003" + "016100";
    InetSocketAddress server =
        server(question -> answer(question, NO_ERROR, 2, alias + record("aliased")));
    try (DnsNames names = ask(server)) {
      Await.untilEqual("the name", "aliased", () -> names.name(HostPattern.network("10.0.1.5")));
    }
  }

  @ParameterizedTest
  @CsvSource({
    NO_SUCH_NAME + ", 0, '', ABSENT",
    NO_ERROR + ", 0, '', ABSENT",
    SERVER_FAILURE + ", 0, '', REFUSED",
    "8185, 0, '', REFUSED", // refused
    "8380, 1, '', MALFORMED", // cut off
    NO_ERROR + ", 1, '', MALFORMED", // the record is missing
    NO_ERROR + ", 1, c00c000c00010000012c, MALFORMED", // without a length
    NO_ERROR + ", 1, " + PTR + "0005016100, MALFORMED", // longer than the message
    NO_ERROR + ", 1, " + PTR + "0002016100, FOUND", // the name says where it ends
    NO_ERROR + ", 1, " + PTR + "00020161, MALFORMED", // a name without its end
    NO_ERROR + ", 1, " + PTR + "0002c035, MALFORMED", // a name that points to itself
    NO_ERROR + ", 1, " + PTR + "0002ffff, MALFORMED", // a name that points out of the message
    NO_ERROR + ", 1, " + PTR + "0003810000, MALFORMED", // a label of an unknown kind
    NO_ERROR + ", 1, " + PTR + "0003012200, MALFORMED", // a quote in the name
    NO_ERROR + ", 1, " + PTR + "000100, MALFORMED", // an empty name
    NO_ERROR + ", 65535, c00c0001000100000000000000, MALFORMED"
  })
  void eachAnswerIsCountedAsWhatItIs(String flags, int records, String rest, DnsResult result)
      throws Exception {
    InetSocketAddress server = server(question -> answer(question, flags, records, rest));
    try (DnsNames names = ask(server)) {
      names.name(HostPattern.network("10.0.1.5"));
      Await.untilEqual("the result " + result, 1L, () -> lookups(names, result));
      assertThat(names.name(HostPattern.network("10.0.1.5")))
          .isEqualTo(result == DnsResult.FOUND ? "a" : null);
    }
  }

  @Test
  void aMuteServerIsFollowedByTheNextAndTwoMuteOnesAreATimeout() throws Exception {
    InetSocketAddress mute = server(question -> null);
    InetSocketAddress server = server(question -> answer(question, NO_ERROR, 1, record("db")));
    try (DnsNames names = ask(mute, server)) {
      Await.untilEqual("the name", "db", () -> names.name(HostPattern.network("10.0.1.5")));
    }
    try (DnsNames names = ask(mute)) {
      names.name(HostPattern.network("10.0.1.5"));
      Await.untilEqual("the timeout", 1L, () -> lookups(names, DnsResult.TIMEOUT));
      assertThat(lookups(names, DnsResult.FOUND)).isZero();
    }
  }

  @Test
  void anAnswerToAnotherQuestionIsNotTaken() throws Exception {
    InetSocketAddress server =
        server(question -> {
          byte[] other = answer(question, NO_ERROR, 1, record("liar"));
          other[13] = '9';
          return other;
        });
    InetSocketAddress wrongId =
        server(question -> {
          byte[] other = answer(question, NO_ERROR, 1, record("liar"));
          ByteBuffer.wrap(other).putShort(0, (short) (ByteBuffer.wrap(other).getShort(0) + 1));
          return other;
        });
    try (DnsNames names = ask(server, wrongId)) {
      names.name(HostPattern.network("10.0.1.5"));
      Await.untilEqual("the timeout", 1L, () -> lookups(names, DnsResult.TIMEOUT));
    }
  }

  @Test
  void atMostAHundredQuestionsAreAskedInASecondAndTenThousandAddressesKept() throws Exception {
    InetSocketAddress server = server(question -> answer(question, NO_SUCH_NAME, 0, ""));
    try (DnsNames names = ask(server)) {
      long startNs = System.nanoTime();
      for (int i = 0; i < DnsNames.MOST_NAMES + 5; i++) {
        names.name(HostPattern.network("10.1." + i / 256 + "." + i % 256));
      }
      assertThat(names.status().cached()).isEqualTo(DnsNames.MOST_NAMES);
      assertThat(names.status().skipped()).isEqualTo(5);
      Thread.sleep(1_500);
      double seconds = (System.nanoTime() - startNs) / 1e9;
      assertThat(questions.size()).isBetween(20, (int) (seconds * 100) + 2);
    }
  }

  @Test
  void aNetworkIsNotAskedFor() throws Exception {
    InetSocketAddress server = server(question -> null);
    try (DnsNames names = ask(server)) {
      assertThat(names.name(HostPattern.network("10.0.1.0/24"))).isNull();
      assertThat(names.status().cached()).isZero();
    }
  }
}
