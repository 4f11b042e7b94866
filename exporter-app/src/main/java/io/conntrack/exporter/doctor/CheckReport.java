package io.conntrack.exporter.doctor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.conntrack.exporter.doctor.Finding.Status;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What the {@link Doctor} found, for a person or for a program:
 *
 * <pre>
 * ok       capability     CAP_NET_ADMIN is in the effective set
 * warning  events         the kernel sends none (nf_conntrack_events=0): ...
 *          This turns them on:
 *          sysctl -w net.netfilter.nf_conntrack_events=2
 * </pre>
 *
 * <pre>
 * {"status": "warning", "exit_code": 1, "checks": [
 *   {"name": "capability", "status": "ok", "found": "...", "remedy": ""}, ...]}
 * </pre>
 */
public final class CheckReport {
  private static final int COLUMNS = 100;
  private static final String HEAD = "%-8s %-14s ";
  private static final String INDENT = " ".repeat(HEAD.formatted("", "").length());
  private static final String REMEDY_INDENT = " ".repeat(9);

  private final SequencedMap<String, Finding> findings;

  /** Keeps the map. */
  public CheckReport(SequencedMap<String, Finding> findings) {
    this.findings = findings;
  }

  /** The worst. */
  Status status() {
    return findings.values().stream()
        .map(Finding::status)
        .max(Status::compareTo)
        .orElse(Status.UNKNOWN);
  }

  /** 0 if all is well, 2 if something has failed, else 1. */
  public int exitCode() {
    return switch (status()) {
      case OK -> 0;
      case UNKNOWN, WARNING -> 1;
      case FAILED -> 2;
    };
  }

  /**
   * A paragraph for each finding, and a summary. Lines have at most 100 columns, except for longer
   * words.
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    findings.forEach((name, finding) -> {
      append(text, HEAD.formatted(finding.status(), name), finding.found(), INDENT);
      finding.remedy().lines().forEach(line -> append(text, REMEDY_INDENT, line, REMEDY_INDENT));
    });
    return text.append('\n').append(summary()).append('\n').toString();
  }

  private String summary() {
    return switch (status()) {
      case OK -> "All is well.";
      case UNKNOWN, WARNING ->
          "The exporter works here. The lines above tell what this host lacks.";
      case FAILED -> "A check has failed. The remedy is above.";
    };
  }

  private static void append(StringBuilder text, String head, String words, String indent) {
    StringBuilder line = new StringBuilder(head);
    int begin = line.length();
    for (String word : words.split(" ", -1)) {
      if (line.length() > begin && line.length() + 1 + word.length() > COLUMNS) {
        text.append(line).append('\n');
        line = new StringBuilder(indent);
        begin = line.length();
      }
      line.append(line.length() > begin ? " " : "").append(word);
    }
    text.append(line).append('\n');
  }

  /** One document, with the names and values that the manual promises. */
  public String json() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeStringField("status", status().toString());
      json.writeNumberField("exit_code", exitCode());
      json.writeArrayFieldStart("checks");
      for (Map.Entry<String, Finding> each : findings.entrySet()) {
        write(json, each.getKey(), each.getValue());
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return text.append('\n').toString();
  }

  private static void write(JsonGenerator json, String name, Finding finding) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("status", finding.status().toString());
    json.writeStringField("found", finding.found());
    json.writeStringField("remedy", finding.remedy());
    json.writeEndObject();
  }
}
