package io.conntrack.exporter.files;

import io.conntrack.exporter.files.YamlNode.Entries;
import io.conntrack.exporter.files.YamlNode.Entry;
import io.conntrack.exporter.files.YamlNode.Items;
import io.conntrack.exporter.files.YamlNode.Text;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads one YAML document from the parser's events, which tell the place of each piece. It knows
 * only texts, lists, keys and values. It refuses what could make a small file large or strange:
 * anchors, aliases, tags, deep nesting, more documents.
 */
public final class YamlDocument {
  /** They take some 5 MB of the heap. The own limits of each kind of file let fewer pass. */
  private static final int MAX_NODES = 50_000;

  private static final int MAX_DEPTH = 8;

  private final Iterator<Event> events;
  private int nodes;

  private YamlDocument(Iterator<Event> events) {
    this.events = events;
  }

  /** The document, or null if the text has none. */
  public static YamlNode parse(String text) throws FileException {
    try {
      LoadSettings settings = LoadSettings.builder().setCodePointLimit(text.length() + 1).build();
      // Parse would be simpler, but is in a package that the library's module does not export.
      return new YamlDocument(new ParserImpl(settings, new StreamReader(settings, text)))
          .document();
    } catch (MarkedYamlEngineException e) {
      throw refused(e);
    } catch (ReaderException e) {
      String before = text.substring(0, text.offsetByCodePoints(0, e.getPosition()));
      int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
      int column = e.getPosition() - before.codePointCount(0, before.lastIndexOf('\n') + 1) + 1;
      throw new FileException(
          line,
          column,
          "the character U+%04X can't be in YAML; take it out".formatted(e.getCodePoint()));
    } catch (YamlEngineException e) {
      throw new FileException("this is no YAML: " + FileException.printable(e.getMessage()));
    }
  }

  private static FileException refused(MarkedYamlEngineException e) {
    String context = e.getContext() == null ? "" : " (" + e.getContext() + ")";
    String message = "this is no YAML: " + FileException.printable(e.getProblem() + context);
    return e.getProblemMark()
        .or(e::getContextMark)
        .map(mark -> new FileException(mark.getLine() + 1, mark.getColumn() + 1, message))
        .orElseGet(() -> new FileException(message));
  }

  private YamlNode document() throws FileException {
    events.next(); // the beginning of the stream
    if (events.next() instanceof StreamEndEvent) {
      return null;
    }
    YamlNode root = node(events.next(), 0);
    events.next(); // the end of the document
    if (events.next() instanceof DocumentStartEvent second) {
      throw wrong(second, "a second document; write one, without a line ---");
    }
    return root;
  }

  private YamlNode node(Event event, int depth) throws FileException {
    nodes++;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw wrong(
          event,
          nodes > MAX_NODES
              ? "more than " + MAX_NODES + " values; write fewer"
              : "nested too deeply; nothing in this file is");
    }
    if (event instanceof NodeEvent node && isStrange(node)) {
      throw wrong(event, "anchors (&), aliases (*) and tags (!) are not taken; write the value");
    }
    // No switch of types: linking one costs the start milliseconds.
    if (event instanceof ScalarEvent scalar) {
      return new Text(line(event), column(event), scalar.getValue(), scalar.isPlain());
    }
    return event instanceof MappingStartEvent ? entries(event, depth) : items(event, depth);
  }

  private static boolean isStrange(NodeEvent event) {
    return event instanceof AliasEvent
        || event.getAnchor().isPresent()
        || (event instanceof ScalarEvent scalar && scalar.getTag().isPresent())
        || (event instanceof CollectionStartEvent start && start.getTag().isPresent());
  }

  private Items items(Event start, int depth) throws FileException {
    List<YamlNode> items = new ArrayList<>();
    for (Event event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
      items.add(node(event, depth + 1));
    }
    return new Items(line(start), column(start), List.copyOf(items));
  }

  private Entries entries(Event start, int depth) throws FileException {
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Event event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
      YamlNode key = node(event, depth + 1);
      if (!(key instanceof Text text)) {
        throw key.wrong("a key must be a word, not " + key.kind());
      }
      if (!names.add(text.value())) {
        throw key.wrong(
            key.kind() + " comes twice; leave one out, or write several values as a list");
      }
      entries.add(new Entry(text, node(events.next(), depth + 1)));
    }
    return new Entries(line(start), column(start), List.copyOf(entries));
  }

  private static FileException wrong(Event event, String message) {
    return new FileException(line(event), column(event), message);
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  private static int column(Event event) {
    return event.getStartMark().map(Mark::getColumn).orElse(0) + 1;
  }
}
