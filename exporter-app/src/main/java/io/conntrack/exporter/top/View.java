package io.conntrack.exporter.top;

import io.conntrack.exporter.options.TopSettings;
import io.conntrack.exporter.top.Endpoints.Endpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** What a person looks at, and what keys do to it. Of one thread. */
final class View {
  /** For people. */
  static final SequencedMap<String, String> KEYS = keys();

  private static final int CTRL_C = 3;
  private static final int CTRL_D = 4;
  private static final int LONGEST_FILTER = 200;
  private static final int ESCAPE = 27;
  private static final int BACKSPACE = 8;
  private static final int DELETE = 127;
  private static final int CLEAR = 21; // Ctrl-U

  private EndpointQuery query;
  private Endpoints shown;
  private String failure = "";

  /** What has been typed of a filter; null if none is being typed. */
  private String typed;

  private boolean paused;
  private boolean helping;
  private boolean ended;
  private int offset;

  /** How many rows there was room for last. */
  private int room = 1;

  View(EndpointQuery query) {
    this.query = query;
  }

  private static SequencedMap<String, String> keys() {
    SequencedMap<String, String> keys = new LinkedHashMap<>();
    keys.put("< >, ← →", "sort by the column before or after");
    keys.put("f", "sort by what failed");
    keys.put("r", "reverse the order");
    keys.put(
        "/", "filter: only endpoints with this text in a label or name; Enter ends, Esc clears it");
    keys.put("p, space", "pause, and go on");
    keys.put("↑ ↓, j k", "scroll by a row; PgUp and PgDn by a screen; g to the first");
    keys.put("?, h", "this help");
    keys.put("q, Ctrl-C", "quit");
    return keys;
  }

  EndpointQuery query() {
    return query;
  }

  /** Null if there is nothing yet. */
  Endpoints shown() {
    return shown;
  }

  /** Why what is shown is old; empty if it is not. */
  String failure() {
    return failure;
  }

  void show(Endpoints endpoints) {
    shown = endpoints;
    failure = "";
  }

  void fail(String why) {
    failure = why;
  }

  boolean isPaused() {
    return paused;
  }

  boolean isHelping() {
    return helping;
  }

  boolean hasEnded() {
    return ended;
  }

  /** What stands in the last line in place of the keys; empty if nothing does. */
  String bottom() {
    return typed == null ? "" : "Filter: " + typed + "_";
  }

  /** The rows that there is room for. */
  List<Endpoint> visible(int rows) {
    room = rows;
    offset = Math.clamp(offset, 0, Math.max(0, shown.rows().size() - rows));
    return shown.rows().subList(offset, Math.min(shown.rows().size(), offset + rows));
  }

  /**
   * Does what a key stands for.
   *
   * @return whether other rows are asked for
   */
  boolean press(int key) {
    EndpointQuery before = query;
    if (key == CTRL_C) {
      ended = true;
    } else if (helping) {
      helping = false;
    } else if (typed != null) {
      type(key);
    } else if (key == 'q' || key == CTRL_D) {
      ended = true;
    } else if (!scrolls(key)) {
      order(key);
    }
    boolean other = !query.equals(before);
    if (other) {
      paused = false;
      offset = 0;
    }
    return other;
  }

  private boolean scrolls(int key) {
    switch (key) {
      case Screen.DOWN, 'j' -> offset++;
      case Screen.UP, 'k' -> offset = Math.max(0, offset - 1);
      case Screen.PAGE_DOWN -> offset += room;
      case Screen.PAGE_UP -> offset = Math.max(0, offset - room);
      case Screen.HOME, 'g' -> offset = 0;
      default -> {
        return false;
      }
    }
    return true;
  }

  private void order(int key) {
    switch (key) {
      case '?', 'h' -> helping = true;
      case 'p', ' ' -> paused = !paused;
      case 'r' ->
          query =
              new EndpointQuery(query.sort(), !query.ascending(), query.limit(), query.filter());
      case 'f' -> sortBy("failed");
      case '<', Screen.LEFT -> sortBy(neighbour(-1));
      case '>', Screen.RIGHT -> sortBy(neighbour(1));
      case '/' -> typed = query.filter();
      case ESCAPE -> filter("");
      default -> {} // a key without a meaning
    }
  }

  private String neighbour(int step) {
    List<String> all = TopSettings.SORTS;
    return all.get(Math.floorMod(all.indexOf(query.sort()) + step, all.size()));
  }

  private void sortBy(String column) {
    query =
        new EndpointQuery(column, column.equals(TopSettings.HOST), query.limit(), query.filter());
  }

  private void filter(String text) {
    query = new EndpointQuery(query.sort(), query.ascending(), query.limit(), text);
  }

  /** Each letter filters at once. */
  private void type(int key) {
    switch (key) {
      case '\r', '\n' -> typed = null;
      case ESCAPE -> {
        typed = null;
        filter("");
      }
      case BACKSPACE, DELETE ->
          typed =
              typed.isEmpty()
                  ? ""
                  : typed.substring(0, typed.offsetByCodePoints(typed.length(), -1));
      case CLEAR -> typed = "";
      default -> {
        if (key >= ' ' && key <= Character.MAX_CODE_POINT && typed.length() < LONGEST_FILTER) {
          typed += Text.safe(Character.toString(key));
        }
      }
    }
    if (typed != null) {
      filter(typed.strip());
    }
  }
}
