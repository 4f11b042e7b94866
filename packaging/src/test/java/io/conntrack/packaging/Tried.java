package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A document in docs that tells what a test saw, so that a reader need not run it. With {@code
 * -Dtried.write=true} the tests write it: {@code make tried}. Else they hold it to what they see,
 * but for versions, times and how many rules of axe applied, which differ each time.
 */
final class Tried {
  private static final Pattern PASSING = Pattern.compile("\\d+(\\.\\d+)+( s)?|\\d+ rules \\|");

  private Tried() {}

  static void compare(String document, String seen) throws IOException {
    Path file = Path.of("../docs").resolve(document);
    if (Boolean.getBoolean("tried.write")) {
      Files.writeString(file, seen);
    }
    assertThat(lasting(Files.readString(file)))
        .as("docs/%s tells what the tests see; 'make tried' writes it anew", document)
        .isEqualTo(lasting(seen));
  }

  private static String lasting(String text) {
    return PASSING.matcher(text).replaceAll("#");
  }
}
