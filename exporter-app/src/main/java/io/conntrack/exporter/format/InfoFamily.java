package io.conntrack.exporter.format;

/**
 * The metric families that give names to what others show: a series for each address that has one,
 * to be joined by {@code group_left}. So no other series changes when a name does.
 *
 * <pre>
 * conntrack_endpoint_info{host="10.0.1.5:3306",name="payments-db"} 1
 * </pre>
 */
enum InfoFamily {
  ENDPOINT("conntrack_endpoint", "host"),
  SOURCE("conntrack_source", "source");

  /** The label that tells the name. */
  static final String NAME = "name";

  /** Has no character that a format escapes. */
  static final String HELP = "The name of an address, by the sources of --names. Always 1.";

  /** Without {@link #metric}'s ending. */
  final String name;

  /** Whose values have names. */
  final String label;

  InfoFamily(String name, String label) {
    this.name = name;
    this.label = label;
  }

  /** As series have it. */
  String metric() {
    return name + "_info";
  }
}
