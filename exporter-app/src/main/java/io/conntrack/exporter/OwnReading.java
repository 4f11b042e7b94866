package io.conntrack.exporter;

import io.conntrack.exporter.live.LiveFacts;
import io.conntrack.exporter.live.LivePages;
import io.conntrack.exporter.live.LiveSubject;
import io.conntrack.exporter.live.LiveTable;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.reading.Reader;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.top.EndpointQuery;
import io.conntrack.exporter.top.EndpointSource;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Endpoints that this process reads from the kernel, as a daemon would, but without HTTP. */
final class OwnReading implements EndpointSource {
  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final int START_TRIES = 20;
  private static final int START_TRY_MS = 50;

  private final String title;
  private final RulesFile rules;
  private final Names names;
  private final Reader reader;
  private final LivePages pages;
  private boolean ready;

  private OwnReading(String title, RulesFile rules, Names names, Reader reader, LivePages pages) {
    this.title = title;
    this.rules = rules;
    this.names = names;
    this.reader = reader;
    this.pages = pages;
  }

  static OwnReading start(String title, Configuration configuration, LiveFacts facts)
      throws UsageException, IOException {
    Names names = Names.open(configuration.names());
    try {
      return start(title, configuration, names, facts);
    } catch (UsageException | IOException | RuntimeException e) {
      names.close();
      throw e;
    }
  }

  private static OwnReading start(
      String title, Configuration configuration, Names names, LiveFacts facts)
      throws UsageException, IOException {
    RulesFile rules = RulesFile.open(configuration.rulesFile());
    try {
      Reader reader = Reader.start(configuration, rules, OutputStream.nullOutputStream(), Map.of());
      names.follow();
      LivePages pages = new LivePages(new LiveTable(reader, names::ofLabel), facts);
      OwnReading reading = new OwnReading(title, rules, names, reader, pages);
      reading.awaitStart();
      return reading;
    } catch (IOException | RuntimeException e) {
      rules.close();
      throw e;
    }
  }

  /** What the kernel refuses shows in the first dump. A large table is not waited for. */
  private void awaitStart() throws IOException {
    for (int i = 0; i < START_TRIES && !ready; i++) {
      try {
        reader.ended().get(START_TRY_MS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        look();
      } catch (ExecutionException e) {
        close();
        throw ended(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // nobody does that
      }
    }
  }

  private void look() {
    try {
      reader.glance(DEADLINE);
      ready = true;
    } catch (UnavailableException e) {
      // Not yet.
    }
  }

  private static IOException ended(Throwable failure) {
    return failure instanceof IOException refused
        ? refused
        : new IOException("the reading of the kernel failed: " + failure, failure);
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public String ask(EndpointQuery query) throws IOException {
    if (reader.ended().isCompletedExceptionally()) {
      throw ended(reader.ended().exceptionNow());
    }
    try {
      if (!ready) {
        reader.glance(DEADLINE); // the pages would remember for two seconds that it is not
        ready = true;
      }
      return pages.data(LiveSubject.ENDPOINTS, query::values);
    } catch (UnavailableException e) {
      throw new NotReadyException(e.getMessage());
    } catch (UsageException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    reader.close();
    rules.close();
    names.close();
  }
}
