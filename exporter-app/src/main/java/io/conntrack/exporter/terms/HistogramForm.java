package io.conntrack.exporter.terms;

/** Which buckets histograms are shown with. */
public enum HistogramForm {
  /** No histograms. */
  NONE,
  NATIVE,
  /** For a Prometheus that stores no native ones. */
  CLASSIC,
  BOTH;

  public boolean isNative() {
    return this == NATIVE || this == BOTH;
  }

  public boolean isClassic() {
    return this == CLASSIC || this == BOTH;
  }
}
