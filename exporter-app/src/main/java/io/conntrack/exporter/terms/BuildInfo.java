package io.conntrack.exporter.terms;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Properties;

/**
 * Which build this is, and what runs it. What the build did not know is "unknown".
 *
 * @param version of the project
 * @param branch of git that it was built from
 * @param revision the commit it was built from
 * @param tags what the builder says of the build, such as a distribution's name
 * @param java the version of the Java that runs it
 * @param os the operating system, as Go names it
 * @param arch the processor's architecture, as Go names it
 */
public record BuildInfo(
    String version,
    String branch,
    String revision,
    String tags,
    String java,
    String os,
    String arch) {
  private static final String UNKNOWN = "unknown";

  /** On this machine, without branch and tags. */
  public BuildInfo(String version, String revision, String java) {
    this(version, UNKNOWN, revision, UNKNOWN, java, thisOs(), thisArch());
  }

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
        properties.getProperty("branch"),
        properties.getProperty("revision"),
        properties.getProperty("tags"),
        System.getProperty("java.version"),
        thisOs(),
        thisArch());
  }

  private static String thisOs() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT);
  }

  private static String thisArch() {
    String name = System.getProperty("os.arch");
    return name.equals("aarch64") ? "arm64" : name;
  }

  /** All of it, on several lines, as Prometheus' programs print it for {@code --version}. */
  public String text() {
    return """
    %s
      java version:     %s
      platform:         %s/%s
      tags:             %s
    """
        .formatted(this, java, os, arch, tags);
  }

  /** Program, version, branch and revision, on one line. */
  @Override
  public String toString() {
    return "conntrack-exporter, version "
        + version
        + " (branch: "
        + branch
        + ", revision: "
        + revision
        + ")";
  }
}
