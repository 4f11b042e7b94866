package io.conntrack.exporter.terms;

/** The paths that the HTTP server keeps for itself. The path of the metrics must be another one. */
public final class WebPaths {
  /** How the page for people looks. */
  public static final String STYLE = "/-/style.css";

  /** What keeps that page as it is now. */
  public static final String SCRIPT = "/-/page.js";

  /** The data of that page. */
  public static final String ENDPOINTS = "/-/endpoints";

  /** The same of sources. */
  public static final String SOURCES = "/-/sources";

  /** Whether the process answers at all. */
  public static final String HEALTHY = "/-/healthy";

  /** Whether a scrape would be answered: the first resync is done and the reader is alive. */
  public static final String READY = "/-/ready";

  private WebPaths() {}
}
