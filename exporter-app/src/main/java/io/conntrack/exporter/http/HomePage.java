package io.conntrack.exporter.http;

import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import java.util.Locale;

/** The page for a person: what this is, how it is, where the metrics are. */
final class HomePage implements Page {
  private static final String DOCUMENT =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>conntrack-exporter</title>
      <link rel="icon" href="data:,">
      <style>
      :root { color-scheme: light dark; }
      body {
        font: 16px/1.5 system-ui, sans-serif;
        max-width: 38rem; margin: 3rem auto; padding: 0 1rem;
      }
      h1 { font-size: 1.6rem; margin-bottom: 0; }
      .version { opacity: 0.7; margin-top: 0; }
      .state { border-left: 0.3rem solid {color}; padding: 0.4rem 0.8rem; }
      dt { font-family: ui-monospace, monospace; margin-top: 0.6rem; }
      dd { margin: 0; }
      </style>
      </head>
      <body>
      <h1>conntrack-exporter</h1>
      <p class="version">version {version}</p>
      <p>Shows this host's connections to Prometheus, counted by remote endpoint and state,
      as the kernel's connection tracking sees them.</p>
      <p class="state">{state}</p>
      <dl>
      <dt><a href="{metrics}">{metrics}</a></dt><dd>the metrics</dd>
      <dt><a href="/-/healthy">/-/healthy</a></dt><dd>whether the reader moves</dd>
      <dt><a href="/-/ready">/-/ready</a></dt><dd>whether there are metrics to scrape</dd>
      </dl>
      </body>
      </html>
      """;

  private static final String UNTRACKED =
      " The kernel tracks no connection here now: if that stays so, the log and"
          + " 'conntrack-exporter check' say why.";

  private final String document;
  private final ObservationSource source;

  HomePage(String metricsPath, ObservationSource source, BuildInfo build) {
    this.document =
        DOCUMENT.replace("{version}", escape(build.version())).replace("{metrics}", metricsPath);
    this.source = source;
  }

  @Override
  public Answer answer(Request request) {
    try {
      Observation observed = source.await(Pages.DEADLINE);
      return observed.tracksNothing()
          ? page("darkorange", ready(observed) + UNTRACKED)
          : page("seagreen", ready(observed));
    } catch (UnavailableException e) {
      return page("firebrick", "Not ready. " + e.getMessage());
    }
  }

  /** The sums over all network namespaces. */
  private static String ready(Observation observed) {
    long[] sums = new long[2];
    observed.forEach((netns, each) -> {
      sums[0] += each.connections().countedFlows();
      sums[1] += each.connections().endpointCount();
    });
    return String.format(
        Locale.ROOT,
        "Ready. Connections now: %,d. Remote endpoints: %,d.%s",
        sums[0],
        sums[1],
        observed
            .namespaces()
            .map(counts -> " Network namespaces: %,d.".formatted(1 + counts.read()))
            .orElse(""));
  }

  private Answer page(String color, String state) {
    return Answer.html(document.replace("{color}", color).replace("{state}", escape(state)));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
