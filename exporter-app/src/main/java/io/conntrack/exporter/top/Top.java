package io.conntrack.exporter.top;

import io.conntrack.exporter.options.TopSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.util.function.Consumer;

/**
 * {@code top}: asks a source again and again, and shows what it tells in the way that is asked for.
 */
public final class Top {
  /** How long to wait for a source that has just started. */
  private static final long READY_LIMIT_MS = 60_000;

  private static final long PAUSE_MS = 200;

  /** A source makes no two readings within less. */
  private static final long SECOND_READING_MS = 2_000;

  private final TopSettings settings;
  private final EndpointSource source;
  private final PrintStream out;
  private final PrintStream err;

  public Top(TopSettings settings, EndpointSource source, PrintStream out, PrintStream err) {
    this.settings = settings;
    this.source = source;
    this.out = out;
    this.err = err;
  }

  /** Whether it would draw on the terminal of this process. */
  public static boolean drawsOnScreen(TopSettings settings, String terminalType) {
    return !settings.once() && !settings.json() && Screen.isPossible(terminalType);
  }

  /** Prints one document or one table, of two readings, or a document at each interval. */
  public void print() throws IOException, InterruptedException {
    EndpointQuery query = EndpointQuery.of(settings);
    if (settings.json() && !settings.once()) {
      printForever(query);
    }
    Reading reading = withRates(query);
    if (settings.json()) {
      out.print(reading.document);
    } else {
      Page page = new Page(source.title(), new Text(out.charset()), new Styles(false));
      page.plain(reading.endpoints, query).forEach(out::println);
    }
    checkOutput();
  }

  /** What a source told, as it is and as it was understood. */
  private record Reading(String document, Endpoints endpoints) {}

  private Reading read(EndpointQuery query) throws IOException {
    String document = source.ask(query);
    return new Reading(document, Endpoints.of(source.title(), document));
  }

  /** Waits for a source that has just started. */
  private Reading first(EndpointQuery query) throws IOException, InterruptedException {
    for (long waitedMs = 0; ; waitedMs += PAUSE_MS) {
      try {
        return read(query);
      } catch (EndpointSource.NotReadyException e) {
        if (waitedMs >= READY_LIMIT_MS) {
          throw e;
        }
        Thread.sleep(PAUSE_MS);
      }
    }
  }

  private Reading withRates(EndpointQuery query) throws IOException, InterruptedException {
    Reading reading = first(query);
    if (Double.isNaN(reading.endpoints.rateSeconds())) {
      Thread.sleep(SECOND_READING_MS);
      return read(query);
    }
    return reading;
  }

  /** Until it is ended, or nobody reads what it prints. */
  private void printForever(EndpointQuery query) throws IOException, InterruptedException {
    Reading reading = first(query);
    String told = "";
    while (true) {
      if (reading != null) {
        out.print(reading.document);
        checkOutput();
      }
      Thread.sleep(settings.interval());
      try {
        reading = read(query);
        told = "";
      } catch (IOException e) {
        reading = null;
        if (!told.equals(e.getMessage())) {
          told = e.getMessage();
          err.println("conntrack-exporter: " + told);
        }
      }
    }
  }

  private void showFirst(View view) throws IOException {
    try {
      view.show(read(view.query()).endpoints);
    } catch (EndpointSource.NotReadyException e) {
      view.fail(e.getMessage());
    }
  }

  private void checkOutput() throws IOException {
    if (out.checkError()) {
      throw new IOException(
          "cannot write to standard output: it is closed, or what it leads to is full or gone");
    }
  }

  /**
   * Draws on the terminal until a key ends it.
   *
   * @param restoring is given what gives the terminal back, on any thread. The end does that too
   */
  public void draw(boolean coloured, Consumer<Runnable> restoring) throws IOException {
    View view = new View(EndpointQuery.of(settings));
    showFirst(view); // what cannot be asked at all is told without a screen
    try (Screen screen = Screen.open(out.charset())) {
      restoring.accept(screen::close);
      Styles styles = new Styles(coloured && screen.hasColours());
      Page page = new Page(source.title(), new Text(out.charset()), styles);
      new Watch(source, settings.interval(), view, page, screen).run();
    }
  }
}
