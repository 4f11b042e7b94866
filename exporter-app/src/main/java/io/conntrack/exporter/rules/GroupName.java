package io.conntrack.exporter.rules;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Text;
import io.conntrack.exporter.terms.HostPattern;
import java.util.regex.Pattern;

/**
 * The name of a group, which becomes a label. No other endpoint has it, and it needs no escaping.
 */
final class GroupName {
  /** As long as other labels may be. The heap that is reckoned for an endpoint has room for it. */
  private static final int MAX_LENGTH = 63;

  private static final Pattern PRINTABLE = Pattern.compile("[ -~&&[^\"\\\\]]*");
  private static final String OVERFLOW = "other";
  private static final String SELF = "self";

  private GroupName() {}

  /** Of a group of sources. */
  static String ofSources(YamlNode value) throws FileException {
    String name = of(value);
    if (name.equals(SELF)) {
      throw value.wrong(
          "the name 'self' is taken: it has what this host opens; choose another one");
    }
    return name;
  }

  static String of(YamlNode value) throws FileException {
    if (!(value instanceof Text text) || text.isNothing()) {
      throw value.wrong("group must be a name such as payments-db, not " + value.kind());
    }
    String name = text.value();
    if (name.isEmpty() || name.length() > MAX_LENGTH || !name.strip().equals(name)) {
      throw text.wrong(
          "the name "
              + text.kind()
              + " must have 1 to "
              + MAX_LENGTH
              + " characters, and no space at its ends");
    }
    if (!PRINTABLE.matcher(name).matches()) {
      throw text.wrong(
          "the name " + text.kind() + " must be printable ASCII without \" and \\; use others");
    }
    if (name.equals(OVERFLOW)) {
      throw text.wrong(
          "the name 'other' is taken: it sums what exceeds --max-endpoints; choose another one");
    }
    if (isAddress(name)) {
      throw text.wrong("the name " + text.kind() + " is that of an endpoint; choose another one");
    }
    return name;
  }

  private static boolean isAddress(String name) {
    try {
      HostPattern.network(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
