package io.conntrack.exporter;

import io.conntrack.exporter.live.LiveFacts;
import io.conntrack.exporter.live.LivePages;
import io.conntrack.exporter.live.LiveTable;
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

/** Endpoints that this process reads from the kernel, as a daemon would, but without HTTP. */
final class OwnReading implements EndpointSource {
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private final String title;
  private final RulesFile rules;
  private final Reader reader;
  private final LivePages pages;
  private boolean ready;

  private OwnReading(String title, RulesFile rules, Reader reader, LivePages pages) {
    this.title = title;
    this.rules = rules;
    this.reader = reader;
    this.pages = pages;
  }

  static OwnReading start(String title, Configuration configuration, LiveFacts facts)
      throws UsageException, IOException {
    RulesFile rules = RulesFile.open(configuration.rulesFile());
    try {
      Reader reader = Reader.start(configuration, rules, OutputStream.nullOutputStream(), Map.of());
      return new OwnReading(title, rules, reader, new LivePages(new LiveTable(reader), facts));
    } catch (IOException | RuntimeException e) {
      rules.close();
      throw e;
    }
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public String ask(EndpointQuery query) throws IOException {
    try {
      if (!ready) {
        reader.glance(DEADLINE); // the pages would remember for two seconds that it is not
        ready = true;
      }
      return pages.data(query::values);
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
  }
}
