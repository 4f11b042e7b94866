package io.conntrack.exporter.names;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.exporter.terms.MonotonicClock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Asks DNS servers over UDP for the names that {@link DnsNames} wants, many at a time, on one
 * thread. A question goes to the first server; if that does not answer in a second, to the next.
 * Each socket is connected, so the kernel passes on what its server sends, from that port, alone.
 */
final class DnsClient implements AutoCloseable {
  static final int MOST_A_SECOND = 100;

  /** After so long the servers are looked up again in their file. */
  private static final long LIFE_MS = 30_000;

  private static final long ANSWER_MS = 1_000;
  private static final int LEAST_TRIES = 2;
  private static final long PACE_MS = 1_000 / MOST_A_SECOND;
  private static final int MOST_ASKED = 1_000;
  private static final int IDS = 1 << 16;

  /** A question that waits for its answer. */
  private static final class Asked {
    final Network address;
    final byte[] question;
    int tries;
    long untilMs;

    /** What the last server that answered has said; else that none has answered. */
    DnsResult failure = DnsResult.TIMEOUT;

    Asked(Network address, byte[] question) {
      this.address = address;
      this.question = question;
    }
  }

  private final DnsNames names;
  private final Selector selector;
  private final List<DatagramChannel> servers = new ArrayList<>();

  /** By id. */
  private final Map<Integer, Asked> asked = new HashMap<>();

  private final SecureRandom random = new SecureRandom();

  /** One byte more than is taken, so that a longer datagram is told from one that fits. */
  private final ByteBuffer received = ByteBuffer.allocate(DnsMessage.MAX_BYTES + 1);

  private long nextMs;

  private DnsClient(DnsNames names, Selector selector) {
    this.names = names;
    this.selector = selector;
  }

  static DnsClient open(List<InetSocketAddress> servers, DnsNames names) throws IOException {
    DnsClient client = new DnsClient(names, Selector.open());
    try {
      for (InetSocketAddress server : servers) {
        client.connect(server);
      }
      return client;
    } catch (IOException | RuntimeException e) {
      client.close();
      throw e;
    }
  }

  private void connect(InetSocketAddress server) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    servers.add(channel);
    channel.configureBlocking(false);
    channel.connect(server);
    channel.register(selector, SelectionKey.OP_READ);
  }

  /** Asks and listens, for half a minute, and until all questions are settled. */
  void run() throws IOException {
    long endMs = MonotonicClock.nowMs() + LIFE_MS;
    long nowMs = MonotonicClock.nowMs();
    while (!names.isClosed() && (nowMs < endMs || !asked.isEmpty())) {
      if (asked.isEmpty()) {
        names.awaitWork(Math.max(1, endMs - nowMs));
      }
      long pauseMs = nextMs - MonotonicClock.nowMs();
      if (pauseMs > 0 || !asked.isEmpty()) {
        selector.select(Math.clamp(pauseMs, 1, PACE_MS));
      }
      nowMs = MonotonicClock.nowMs();
      if (nowMs < endMs && nowMs >= nextMs && asked.size() < MOST_ASKED) {
        askNext(nowMs);
      }
      receive();
      giveUp(nowMs);
    }
  }

  private void askNext(long nowMs) {
    Network address = names.next();
    if (address == null) {
      return;
    }
    int id = random.nextInt(IDS);
    while (asked.containsKey(id)) {
      id = (id + 1) % IDS;
    }
    Asked next = new Asked(address, DnsMessage.question(id, address));
    asked.put(id, next);
    send(next, nowMs);
  }

  /** Sends it to the server whose turn it is. One that cannot be reached is as one that is mute. */
  private void send(Asked question, long nowMs) {
    nextMs = nowMs + PACE_MS;
    question.untilMs = nowMs + ANSWER_MS;
    try {
      servers.get(question.tries++ % servers.size()).write(ByteBuffer.wrap(question.question));
    } catch (IOException e) {
      question.untilMs = nowMs; // the next one, at once
    }
  }

  private void receive() throws IOException {
    selector.selectNow();
    selector.selectedKeys().clear();
    for (DatagramChannel server : servers) {
      while (receive(server)) {
        take(received);
      }
    }
  }

  private boolean receive(DatagramChannel server) throws IOException {
    received.clear();
    try {
      int lengthBytes = server.read(received);
      received.flip();
      return lengthBytes > 0;
    } catch (PortUnreachableException e) {
      return false; // nobody listens there; the questions find out by their time
    }
  }

  private void take(ByteBuffer message) {
    Asked question = asked.get(DnsMessage.id(message));
    if (question == null || !DnsMessage.answers(message, question.question)) {
      return; // late, or not for us
    }
    DnsMessage.Answer answer =
        message.limit() > DnsMessage.MAX_BYTES
            ? new DnsMessage.Answer(DnsResult.MALFORMED, null, 0)
            : DnsMessage.answer(message, question.question);
    if (answer.result() == DnsResult.FOUND || answer.result() == DnsResult.ABSENT) {
      asked.remove(DnsMessage.id(message));
      names.answered(question.address, answer);
    } else {
      question.failure = answer.result();
      question.untilMs = 0; // the next server may know
    }
  }

  /** Asks the next server where one has not answered, one at a time; or has no more to ask. */
  private void giveUp(long nowMs) {
    int mostTries = Math.max(LEAST_TRIES, servers.size());
    for (Iterator<Asked> each = asked.values().iterator(); each.hasNext(); ) {
      Asked question = each.next();
      if (nowMs < question.untilMs) {
        continue;
      }
      if (question.tries >= mostTries) {
        each.remove();
        names.answered(question.address, new DnsMessage.Answer(question.failure, null, 0));
      } else if (nowMs >= nextMs) {
        send(question, nowMs);
      }
    }
  }

  /** What still waits for an answer has none. */
  @Override
  public void close() throws IOException {
    for (Asked question : asked.values()) {
      names.answered(question.address, new DnsMessage.Answer(DnsResult.TIMEOUT, null, 0));
    }
    for (DatagramChannel server : servers) {
      server.close();
    }
    selector.close();
  }
}
