package io.conntrack.exporter.doctor;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** A report that has all its keys. */
public final class ListedCheckKeys {
  private ListedCheckKeys() {}

  public static String report() {
    SequencedMap<String, Finding> findings = new LinkedHashMap<>();
    findings.put("name", Finding.warning("found", "remedy"));
    return new CheckReport(findings).json();
  }
}
