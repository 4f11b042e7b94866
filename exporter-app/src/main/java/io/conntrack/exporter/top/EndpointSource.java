package io.conntrack.exporter.top;

import java.io.IOException;

/** Where the endpoints come from. One thread at a time asks. */
public interface EndpointSource extends AutoCloseable {

  /** What a person is told of it, in the first line. */
  String title();

  /**
   * The data of the page, as JSON. Waits some seconds at most.
   *
   * @throws NotReadyException if there is no complete state yet. It may come
   * @throws IOException if there is none. The message is a sentence that says what to do
   */
  String ask(EndpointQuery query) throws IOException;

  @Override
  default void close() {}

  /** There are no numbers yet. */
  final class NotReadyException extends IOException {
    private static final long serialVersionUID = 1L;

    public NotReadyException(String message) {
      super(message);
    }
  }
}
