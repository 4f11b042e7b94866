package io.conntrack.exporter.web;

import io.conntrack.exporter.terms.UsageException;
import java.util.Optional;

/** Web configurations for tests. */
public final class WebFiles {
  /** Plain HTTP for everybody. */
  public static final WebFile NONE = none();

  private WebFiles() {}

  private static WebFile none() {
    try {
      return WebFile.open(Optional.empty());
    } catch (UsageException e) {
      throw new AssertionError(e);
    }
  }
}
