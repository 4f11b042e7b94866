package io.conntrack.exporter.http;

import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.WebPaths;

/** What is at {@code /} where the page of endpoints is turned off: where the metrics are. */
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
      <link rel="stylesheet" href="{style}">
      </head>
      <body>
      <main>
      <h1>conntrack-exporter</h1>
      <p>Version {version}. The page of endpoints is turned off.</p>
      <p><a href="{metrics}">Metrics</a></p>
      </main>
      </body>
      </html>
      """;

  private final Answer answer;

  HomePage(String metricsPath, BuildInfo build) {
    answer =
        Answer.html(
            DOCUMENT
                .replace("{version}", build.version().replace("&", "&amp;").replace("<", "&lt;"))
                .replace("{metrics}", metricsPath.substring(1))
                .replace("{style}", WebPaths.STYLE.substring(1)));
  }

  @Override
  public Answer answer(Request request) {
    return answer;
  }
}
