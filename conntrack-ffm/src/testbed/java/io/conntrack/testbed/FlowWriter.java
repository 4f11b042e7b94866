package io.conntrack.testbed;

import io.conntrack.testbed.FlowMessage.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes synthetic entries into the kernel's conntrack table over ctnetlink, hundreds of thousands
 * a second. Each raises events as a real one does, to listeners that were there when it was
 * created.
 *
 * <p>The entries go to the namespace in which the writer was opened, whatever thread then uses it;
 * one thread at a time. A method returns when the kernel has done all that it was asked. A refused
 * request is a {@link KernelException} that names the first refused flow and its errno; by then the
 * rest of its batch (64 KiB) has been tried, and what follows the batch has not been sent.
 */
public final class FlowWriter implements AutoCloseable {
  private final NetlinkSocket socket;
  private final NetlinkBatch batch;
  private final List<SyntheticFlow> flowsInBatch = new ArrayList<>();
  private int firstSequence = 1;

  private FlowWriter(NetlinkSocket socket) {
    this.socket = socket;
    batch = socket.batch();
  }

  /** Opens a writer in the calling thread's namespace; needs CAP_NET_ADMIN. */
  public static FlowWriter open() {
    return new FlowWriter(NetlinkSocket.open());
  }

  /** Opens a writer in a namespace. */
  public static FlowWriter in(Namespace namespace) {
    return namespace.call(FlowWriter::open);
  }

  /** Adds entries; EEXIST for a flow that is in the table already. */
  public void create(SyntheticFlow... flows) {
    create(Arrays.stream(flows));
  }

  /** Adds entries; EEXIST for a flow that is in the table already. */
  public void create(Stream<SyntheticFlow> flows) {
    request(Request.CREATE, flows);
  }

  /**
   * Gives the entries of these original tuples the state, status, timeout and mark of the flows;
   * ENOENT for one that is not in the table.
   */
  public void update(SyntheticFlow... flows) {
    update(Arrays.stream(flows));
  }

  /** As {@link #update(SyntheticFlow...)}. */
  public void update(Stream<SyntheticFlow> flows) {
    request(Request.UPDATE, flows);
  }

  /** Removes the entries of these original tuples; ENOENT for one that is not in the table. */
  public void delete(SyntheticFlow... flows) {
    delete(Arrays.stream(flows));
  }

  /** As {@link #delete(SyntheticFlow...)}. */
  public void delete(Stream<SyntheticFlow> flows) {
    request(Request.DELETE, flows);
  }

  private void request(Request request, Stream<SyntheticFlow> flows) {
    try {
      flows.forEachOrdered(flow -> add(request, flow));
      flush(request);
    } finally {
      clear();
    }
  }

  private void add(Request request, SyntheticFlow flow) {
    if (batch.remainingBytes() < FlowMessage.MAX_BYTES) {
      flush(request);
    }
    FlowMessage.put(batch, request, firstSequence + flowsInBatch.size(), flow);
    flowsInBatch.add(flow);
  }

  /** Only the last request asks for an answer: it comes after the errors of those before it. */
  private void flush(Request request) {
    if (flowsInBatch.isEmpty()) {
      return;
    }
    batch.requestAck();
    socket.send();
    List<NetlinkSocket.Answer> refused = receiveRefused();
    if (!refused.isEmpty()) {
      throw refused(request, refused);
    }
    clear();
  }

  private List<NetlinkSocket.Answer> receiveRefused() {
    List<NetlinkSocket.Answer> refused = new ArrayList<>();
    int last = firstSequence + flowsInBatch.size() - 1;
    NetlinkSocket.Answer answer;
    do {
      answer = socket.receive();
      if (answer.errno() != 0) {
        refused.add(answer);
      }
    } while (answer.sequence() != last);
    return refused;
  }

  private KernelException refused(Request request, List<NetlinkSocket.Answer> refused) {
    NetlinkSocket.Answer first = refused.get(0);
    return new KernelException(
        "%s conntrack entries (refused=%d of sent=%d), the first of them %s"
            .formatted(
                request.participle,
                refused.size(),
                flowsInBatch.size(),
                flowsInBatch.get(first.sequence() - firstSequence)),
        Libc.errnoName(first.errno()));
  }

  private void clear() {
    firstSequence += flowsInBatch.size();
    flowsInBatch.clear();
    batch.clear();
  }

  @Override
  public void close() {
    socket.close();
  }
}
