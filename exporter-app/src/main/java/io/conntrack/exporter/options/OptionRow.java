package io.conntrack.exporter.options;

import java.util.List;
import picocli.CommandLine.Model.OptionSpec;

/**
 * An option of the table: its names, its default and the words of {@code --help}. picocli's own
 * class is made of it where picocli is needed: loading picocli takes a quarter of the processor
 * time of a start.
 */
final class OptionRow {
  enum Kind {
    VALUE,
    /** A value, or none, which is the fallback. */
    OPTIONAL_VALUE,
    /** May be given several times. */
    LIST,
    /** Takes "=false" too, so that the command line can undo what a variable turned on. */
    FLAG,
    VERSION,
    HELP
  }

  private final List<String> names;
  private final String defaultValue;
  private final String label;
  private final Kind kind;
  private final String fallback;
  private List<String> candidates = List.of();
  private String description = "";

  private OptionRow(
      Kind kind, List<String> names, String label, String defaultValue, String fallback) {
    this.kind = kind;
    this.names = names;
    this.label = label;
    this.defaultValue = defaultValue;
    this.fallback = fallback;
  }

  static OptionRow setting(String label, String value, String... names) {
    return new OptionRow(Kind.VALUE, List.of(names), label, value, null);
  }

  static OptionRow optional(String label, String value, String fallback, String name) {
    return new OptionRow(Kind.OPTIONAL_VALUE, List.of(name), label, value, fallback);
  }

  static OptionRow list(String label, String name) {
    return new OptionRow(Kind.LIST, List.of(name), label, "", null);
  }

  static OptionRow flag(String... names) {
    return new OptionRow(Kind.FLAG, List.of(names), null, "false", "true");
  }

  /** Does something else than to run. */
  static OptionRow ending(Kind kind, String... names) {
    return new OptionRow(kind, List.of(names), null, null, "true");
  }

  OptionRow completionCandidates(List<String> words) {
    candidates = words;
    return this;
  }

  OptionRow description(String text) {
    description = text;
    return this;
  }

  Kind kind() {
    return kind;
  }

  List<String> names() {
    return names;
  }

  /** The first long name; what follows it is another spelling. */
  String name() {
    for (String name : names) {
      if (name.startsWith("--")) {
        return name;
      }
    }
    throw new AssertionError(names); // each has one
  }

  /** Null for what ends. */
  String defaultValue() {
    return defaultValue;
  }

  /** The value of an option that is named without one; null if it must have one. */
  String fallback() {
    return fallback;
  }

  boolean isEnding() {
    return kind == Kind.VERSION || kind == Kind.HELP;
  }

  OptionSpec spec(boolean hidden) {
    OptionSpec.Builder spec =
        OptionSpec.builder(names.toArray(String[]::new)).description(description).hidden(hidden);
    switch (kind) {
      case FLAG -> spec.type(boolean.class).defaultValue(defaultValue);
      case VERSION -> spec.versionHelp(true);
      case HELP -> spec.usageHelp(true);
      default -> spec.type(String.class).paramLabel(label).defaultValue(defaultValue);
    }
    if (kind == Kind.LIST) {
      spec.type(List.class).auxiliaryTypes(String.class).hideParamSyntax(true);
    }
    if (kind == Kind.OPTIONAL_VALUE) {
      spec.arity("0..1").fallbackValue(fallback);
    }
    if (!candidates.isEmpty()) {
      spec.completionCandidates(candidates);
    }
    return spec.build();
  }
}
