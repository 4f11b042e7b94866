package io.conntrack.exporter.top;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jline.terminal.Size;

/**
 * Draws on a screen until a key ends it. A virtual thread waits for the source, so that keys are
 * answered while it hangs.
 */
final class Watch {
  /** How soon a new size of the terminal and an answer are seen. */
  private static final long WAIT_MS = 200;

  private final EndpointSource source;
  private final long intervalNs;
  private final View view;
  private final Page page;
  private final Screen screen;

  /** What is being asked; null if nothing is. */
  private FutureTask<Endpoints> pending;

  private EndpointQuery asked;
  private long askedNs;
  private Size drawn;

  Watch(EndpointSource source, Duration interval, View view, Page page, Screen screen) {
    this.source = source;
    this.intervalNs = interval.toNanos();
    this.view = view;
    this.page = page;
    this.screen = screen;
  }

  void run() throws IOException {
    asked = view.query();
    askedNs = System.nanoTime();
    draw();
    while (!view.hasEnded()) {
      int key = screen.key(WAIT_MS);
      if (key == Screen.END) {
        return;
      }
      boolean changed = key != Screen.NONE;
      if (changed && view.press(key) && pending == null) {
        ask();
      }
      changed |= take();
      boolean isDue = System.nanoTime() - askedNs >= intervalNs && !view.isPaused();
      if (pending == null && (isDue || !asked.equals(view.query()))) {
        ask();
      }
      if (changed || !screen.size().equals(drawn)) {
        draw();
      }
    }
  }

  private void ask() {
    EndpointQuery query = view.query();
    asked = query;
    askedNs = System.nanoTime();
    pending = new FutureTask<>(() -> Endpoints.of(source.title(), source.ask(query)));
    Thread.startVirtualThread(pending);
  }

  /** Whether there was an answer. One to another question than is asked now is not shown. */
  private boolean take() {
    if (pending == null || !pending.isDone()) {
      return false;
    }
    FutureTask<Endpoints> done = pending;
    pending = null;
    try {
      Endpoints endpoints = done.get(0, TimeUnit.SECONDS);
      if (asked.equals(view.query()) && !view.isPaused()) {
        view.show(endpoints);
      }
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      view.fail(cause instanceof IOException ? cause.getMessage() : cause.toString());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("it is done", e);
    }
    return true;
  }

  private void draw() {
    drawn = screen.size();
    screen.draw(
        view.isHelping()
            ? page.help(drawn.getRows(), drawn.getColumns())
            : page.screen(view, drawn.getRows(), drawn.getColumns()));
  }
}
