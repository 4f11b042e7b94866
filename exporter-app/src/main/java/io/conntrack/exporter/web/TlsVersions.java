package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlNode;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The versions of TLS that are spoken, from the oldest to the newest. */
record TlsVersions(List<String> names) {
  /** As the format has them, the oldest first. */
  private static final List<String> FORMAT = List.of("TLS10", "TLS11", "TLS12", "TLS13");

  /** The same as Java has them. */
  private static final List<String> JAVA = List.of("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");

  private static final String DISABLED = "jdk.tls.disabledAlgorithms";

  static TlsVersions of(Map<String, YamlNode> keys) throws FileException {
    int first = version(keys, "min_version", "TLS12");
    int last = version(keys, "max_version", "TLS13");
    if (first > last) {
      throw (keys.containsKey("max_version") ? keys.get("max_version") : keys.get("min_version"))
          .wrong(
              "min_version, "
                  + FORMAT.get(first)
                  + ", is above max_version, "
                  + FORMAT.get(last)
                  + ", so no client could connect; swap them");
    }
    return new TlsVersions(JAVA.subList(first, last + 1));
  }

  private static int version(Map<String, YamlNode> keys, String name, String absent)
      throws FileException {
    Optional<String> text = YamlValues.text(keys, name);
    int version = FORMAT.indexOf(text.orElse(absent));
    if (version < 0) {
      throw keys.get(name)
          .wrong(name + " must be TLS10, TLS11, TLS12 or TLS13, not " + keys.get(name).kind());
    }
    return version;
  }

  /**
   * Java has turned TLS 1.0 and 1.1 off for the whole process. Here each connection is told its
   * versions, so the file alone decides. It must be called before the first class of TLS is loaded,
   * which reads this setting once.
   */
  static void leaveToTheFile() {
    // Loops, since a lambda costs milliseconds at the start, and so in the classes beside this one.
    String disabled = Security.getProperty(DISABLED);
    List<String> left = new ArrayList<>();
    for (String name : disabled == null ? new String[0] : disabled.split(",", -1)) {
      if (!JAVA.contains(name.strip())) {
        left.add(name.strip());
      }
    }
    Security.setProperty(DISABLED, String.join(", ", left));
  }
}
