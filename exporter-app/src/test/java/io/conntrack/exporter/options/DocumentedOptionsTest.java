package io.conntrack.exporter.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.OptionSpec;

/** The table of docs/options.md has the options of the program, and their defaults. */
final class DocumentedOptionsTest {
  private static final Pattern ROW =
      Pattern.compile("^\\| ((?:`-[^`]+`(?:, )?)+) \\|([^|]*)\\|", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("`(-[^`]+)`");

  /** The words that a default of the machine's making has in the table. */
  private static final Set<String> COMPUTED = Set.of("from the kernel", "30s to 5m");

  private static Map<Set<String>, String> documented() throws IOException {
    Map<Set<String>, String> defaults = new TreeMap<>((a, b) -> a.toString().compareTo("" + b));
    String page = Files.readString(Path.of("../docs/options.md"));
    String table = page.substring(0, page.indexOf("## Values"));
    for (MatchResult row : ROW.matcher(table).results().toList()) {
      Set<String> names = new TreeSet<>();
      NAME.matcher(row.group(1)).results().forEach(name -> names.add(name.group(1)));
      String value = row.group(2).strip().replace("`", "");
      defaults.put(names, COMPUTED.contains(value) ? "" : value);
    }
    return defaults;
  }

  @Test
  void eachOptionHasARowWithItsNamesAndItsDefaultAndNoRowIsOfAnother() throws IOException {
    Map<Set<String>, String> actual = new TreeMap<>((a, b) -> a.toString().compareTo("" + b));
    for (OptionSpec option : OptionTable.spec().options()) {
      String value = option.defaultValue();
      boolean isFlag = value == null || value.equals("false");
      actual.put(new TreeSet<>(Arrays.asList(option.names())), isFlag ? "" : value);
    }
    assertThat(documented()).containsExactlyEntriesOf(actual);
  }
}
