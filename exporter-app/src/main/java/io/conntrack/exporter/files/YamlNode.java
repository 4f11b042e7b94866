package io.conntrack.exporter.files;

import java.util.List;

/** A piece of a YAML document, and where it begins; lines and columns count from 1. Immutable. */
public sealed interface YamlNode {
  int line();

  int column();

  /** What it is, for messages. */
  String kind();

  /** What is wrong with this piece. */
  default FileException wrong(String message) {
    return new FileException(line(), column(), message);
  }

  /** A single value, as it is written; plain without quotes. */
  record Text(int line, int column, String value, boolean plain) implements YamlNode {
    @Override
    public String kind() {
      return isNothing() ? "nothing" : FileException.quoted(value);
    }

    /** A key without a value, or YAML's null. */
    public boolean isNothing() {
      return plain && value.matches("|~|null|Null|NULL");
    }
  }

  /** A list. */
  record Items(int line, int column, List<YamlNode> items) implements YamlNode {
    @Override
    public String kind() {
      return "a list";
    }
  }

  /** Keys and values, in the order of the file; no key comes twice. */
  record Entries(int line, int column, List<Entry> entries) implements YamlNode {
    @Override
    public String kind() {
      return "keys and values";
    }
  }

  record Entry(Text key, YamlNode value) {}
}
