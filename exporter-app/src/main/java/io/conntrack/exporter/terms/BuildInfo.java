package io.conntrack.exporter.terms;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Which build this is.
 *
 * @param version of the project
 * @param revision the commit it was built from, or "unknown"
 * @param java the version of the Java that runs it
 */
public record BuildInfo(String version, String revision, String java) {

  /** Reads what the build wrote into {@code build.properties}. */
  public static BuildInfo read() {
    Properties properties = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new BuildInfo(
        properties.getProperty("version"),
        properties.getProperty("revision"),
        System.getProperty("java.version"));
  }

  @Override
  public String toString() {
    return "conntrack-exporter " + version + " (revision " + revision + ", Java " + java + ")";
  }
}
