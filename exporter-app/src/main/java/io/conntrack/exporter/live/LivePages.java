package io.conntrack.exporter.live;

import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.terms.UsageException;
import java.util.List;
import java.util.function.Function;

/**
 * The page and its data, for a query of a URL. Any thread may ask; it waits two seconds at most.
 * Those who ask for the same at the same time share an answer.
 */
public final class LivePages {
  public static final String STYLE = LiveHtml.resource("style.css");
  public static final String SCRIPT = LiveHtml.resource("page.js");

  private final LiveTable table;
  private final LiveFacts facts;

  /**
   * Shows a table.
   *
   * @param facts what the page says of the exporter
   */
  public LivePages(LiveTable table, LiveFacts facts) {
    this.table = table;
    this.facts = facts;
  }

  /** The page, also where there is nothing true to show. */
  public String page(Function<String, List<String>> parameters) throws UsageException {
    LiveQuery query = LiveQuery.of(LiveQuery.subject(parameters, facts), parameters);
    try {
      LiveState state = table.now();
      return LiveHtml.of(state, state.select(query), facts);
    } catch (UnavailableException e) {
      return LiveHtml.unready(e.getMessage(), query, facts);
    }
  }

  /** Whether there are data of sources. */
  public boolean hasSources() {
    return facts.sources();
  }

  /** The data, as JSON. */
  public String data(LiveSubject subject, Function<String, List<String>> parameters)
      throws UsageException, UnavailableException {
    LiveQuery query = LiveQuery.of(subject, parameters);
    LiveState state = table.now();
    return state.shared(query, () -> LiveJson.of(state, state.select(query), facts));
  }
}
