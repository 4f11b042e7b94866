package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Entries;
import io.conntrack.exporter.files.YamlNode.Entry;
import io.conntrack.exporter.files.YamlNode.Items;
import io.conntrack.exporter.files.YamlNode.Text;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values of YAML as Go's programs read them. A key without a value is as one that is absent. */
final class YamlValues {
  private static final Set<String> TRUE = Set.of("y", "yes", "on", "true");
  private static final Set<String> FALSE = Set.of("n", "no", "off", "false");

  /** One of the parts that a duration has; 1m30s has two. */
  private static final Pattern DURATION_PART =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ns|us|ms|s|m|h)");

  private static final Map<String, Long> UNITS_NS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);
  private static final long LONGEST_NS = 24 * 3_600_000_000_000L;

  private YamlValues() {}

  static boolean isNothing(YamlNode node) {
    return node instanceof Text text && text.isNothing();
  }

  /**
   * What is below a key: keys of the format and their values. Those without a value are left out.
   */
  static Map<String, YamlNode> keys(YamlNode node, String name, List<String> known)
      throws FileException {
    Map<String, YamlNode> values = new LinkedHashMap<>();
    for (Entry entry : entries(node, name)) {
      if (!known.contains(entry.key().value())) {
        throw entry
            .key()
            .wrong("unknown key " + entry.key().kind() + "; " + name + " has " + words(known));
      }
      if (!isNothing(entry.value())) {
        values.put(entry.key().value(), entry.value());
      }
    }
    return values;
  }

  private static String words(List<String> words) {
    return String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
  }

  static List<Entry> entries(YamlNode node, String name) throws FileException {
    if (isNothing(node)) {
      return List.of();
    }
    if (node instanceof Entries entries) {
      return entries.entries();
    }
    throw node.wrong(name + " must have keys and values below it, not " + kind(node));
  }

  /** What it is, without its text, which may be a secret. */
  static String kind(YamlNode node) {
    return node instanceof Text text && !text.isNothing() ? "a text" : node.kind();
  }

  static String text(YamlNode node, String name) throws FileException {
    if (node instanceof Text text) {
      return text.value();
    }
    throw node.wrong(name + " must be a text, not " + node.kind());
  }

  /** Absent if the key is, or if its text is empty. */
  static Optional<String> text(Map<String, YamlNode> keys, String name) throws FileException {
    String text = keys.containsKey(name) ? text(keys.get(name), name) : "";
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  static List<Text> texts(YamlNode node, String name) throws FileException {
    if (!(node instanceof Items items)) {
      throw node.wrong(name + " must be a list, each line beginning with '- ', not " + node.kind());
    }
    List<Text> texts = new ArrayList<>();
    for (YamlNode item : items.items()) {
      if (!(item instanceof Text text)) {
        throw item.wrong("each of " + name + " must be a text, not " + item.kind());
      }
      texts.add(text);
    }
    return texts;
  }

  /** As YAML 1.1 has them, in lower case, upper case, or with a capital. */
  static boolean flag(YamlNode node, String name) throws FileException {
    String word = node instanceof Text text && text.plain() ? text.value() : "";
    String lower =
        word.matches("[a-z]+|[A-Z]+|[A-Z][a-z]+") ? word.toLowerCase(java.util.Locale.ROOT) : "";
    if (TRUE.contains(lower) || FALSE.contains(lower)) {
      return TRUE.contains(lower);
    }
    throw node.wrong(name + " must be true or false, not " + node.kind());
  }

  /** A number alone is nanoseconds. */
  static long durationNs(YamlNode node, String name) throws FileException {
    String text = text(node, name).replace("\u00b5s", "us").replace("\u03bcs", "us");
    BigDecimal sum = BigDecimal.valueOf(-1);
    if (text.matches("\\d{1,18}")) {
      sum = new BigDecimal(text);
    } else if (text.matches("(" + DURATION_PART + "){1,10}")) {
      sum = BigDecimal.ZERO;
      Matcher part = DURATION_PART.matcher(text);
      while (part.find()) {
        sum =
            sum.add(
                new BigDecimal(part.group(1))
                    .multiply(BigDecimal.valueOf(UNITS_NS.get(part.group(2)))));
      }
    }
    if (sum.signum() < 0 || sum.compareTo(BigDecimal.valueOf(LONGEST_NS)) > 0) {
      throw node.wrong(
          name + " must be a time from 0 to 24h such as 1s or 100ms, not " + node.kind());
    }
    return sum.longValue();
  }

  static int number(YamlNode node, String name, int most) throws FileException {
    String text = text(node, name);
    int number = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    if (number < 0 || number > most) {
      throw node.wrong(name + " must be a whole number from 0 to " + most + ", not " + node.kind());
    }
    return number;
  }
}
