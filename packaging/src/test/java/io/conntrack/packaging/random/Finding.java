package io.conntrack.packaging.random;

import java.util.Map;

/** What the program shows that is not true. */
final class Finding extends AssertionError {
  private static final long serialVersionUID = 1;
  private static final int MOST = 12;

  Finding(Map<String, String> wrong) {
    super(
        wrong.size()
            + " things are wrong:\n  "
            + String.join(
                "\n  ",
                wrong.entrySet().stream()
                    .limit(MOST)
                    .map(each -> each.getKey() + ": " + each.getValue())
                    .toList()));
  }
}
