package io.conntrack.testbed;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;

/** What one owner has open, closed in reverse order. One thread at a time. */
final class Resources implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Makes an owner, who keeps the resources; closes what is open already when that fails. */
  static <T> T ownedBy(Function<Resources, T> owner) {
    var resources = new Resources();
    try {
      return owner.apply(resources);
    } catch (Throwable t) {
      resources.closeAfter(t);
      throw t;
    }
  }

  private void closeAfter(Throwable failure) {
    try {
      close();
    } catch (Throwable t) {
      failure.addSuppressed(t);
    }
  }

  <R extends AutoCloseable> R add(R resource) {
    open.push(resource);
    return resource;
  }

  int count() {
    return open.size();
  }

  /** Closes all, whatever one of them throws; throws the first failure, the others suppressed. */
  @Override
  public void close() {
    AssertionError failed = null;
    while (!open.isEmpty()) {
      AutoCloseable resource = open.pop();
      try {
        resource.close();
      } catch (Exception | AssertionError e) {
        if (failed == null) {
          failed = new AssertionError("could not close " + resource, e);
        } else {
          failed.addSuppressed(e);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
