package io.conntrack.exporter.live;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Writes endpoints or sources as JSON. docs/page.md describes every key. A key never changes its
 * meaning within a {@link #VERSION}; there may be more keys.
 */
final class LiveJson {
  /** Goes up when a key goes away or means something else. */
  static final int VERSION = 1;

  private static final JsonFactory FACTORY = new JsonFactory();
  private static final double THOUSAND = 1e3;
  private static final double MILLION = 1e6;

  private final JsonGenerator json;
  private final OptionalDouble seconds;

  private LiveJson(JsonGenerator json, OptionalDouble seconds) {
    this.json = json;
    this.seconds = seconds;
  }

  static String of(LiveState state, LiveState.Selection selection, LiveFacts facts) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      new LiveJson(json, state.seconds()).write(state, selection, facts);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return out + "\n";
  }

  private void write(LiveState state, LiveState.Selection selection, LiveFacts facts)
      throws IOException {
    LiveQuery query = selection.query();
    json.writeStartObject();
    json.writeNumberField("version", VERSION);
    json.writeStringField("time", state.time().toString());
    number("rate_seconds", seconds.orElse(Double.NaN), THOUSAND);
    json.writeStringField("exporter_version", facts.build().version());
    strings("options", facts.options());
    json.writeStringField("sort", query.sort().word(query.subject()));
    json.writeBooleanField("ascending", query.ascending());
    json.writeNumberField("matching", selection.matching());
    json.writeArrayFieldStart("namespaces");
    for (LiveNamespace namespace : state.namespaces()) {
      write(LiveHealth.of(namespace));
    }
    json.writeEndArray();
    json.writeArrayFieldStart(query.subject().word());
    for (LiveRow row : selection.rows()) {
      write(row, state.name(row, query.subject()));
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void strings(String name, List<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  private void write(LiveHealth health) throws IOException {
    json.writeStartObject();
    json.writeStringField(LiveNamespace.LABEL, health.netns());
    json.writeBooleanField("in_sync", health.inSync());
    number("resync_age_seconds", health.resyncAgeSeconds(), THOUSAND);
    json.writeNumberField("lost_events", health.lostEvents());
    json.writeFieldName("table_entries");
    count(health.tableEntries());
    json.writeFieldName("table_limit");
    count(health.tableLimit());
    json.writeNumberField("connections", health.connections());
    json.writeNumberField("endpoints", health.endpoints());
    json.writeNumberField("endpoints_limit", health.endpointsLimit());
    json.writeStringField("problem", health.problem());
    json.writeEndObject();
  }

  private void write(LiveRow row, String name) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("labels");
    List<String> names = row.namespace().now().labelNames();
    List<String> values = row.labelValues();
    for (int i = 0; i < names.size(); i++) {
      json.writeStringField(names.get(i), values.get(i));
    }
    if (!row.namespace().name().isEmpty()) {
      json.writeStringField(LiveNamespace.LABEL, row.namespace().name());
    }
    json.writeEndObject();
    if (!name.isEmpty()) {
      json.writeStringField("name", name);
    }
    for (ConnectionState state : ConnectionState.values()) {
      json.writeNumberField(state.name().toLowerCase(Locale.ROOT), row.connections(state));
    }
    rate("opened", row.total(Outcome.OPENED), row.more(Outcome.OPENED));
    outcomes("failed", LiveRow.FAILED, row);
    outcomes("ended", LiveRow.ENDED, row);
    if (row.namespace().now().hasTraffic()) {
      rate("sent_bytes", row.total(Traffic.SENT_BYTES), row.more(Traffic.SENT_BYTES));
      rate("received_bytes", row.total(Traffic.RECEIVED_BYTES), row.more(Traffic.RECEIVED_BYTES));
    }
    if (row.namespace().now().hasTimes()) {
      number("setup_median_seconds", row.medianSetup(), MILLION);
    }
    json.writeEndObject();
  }

  /** Reasons without any are left out. */
  private void outcomes(String name, List<Outcome> outcomes, LiveRow row) throws IOException {
    json.writeObjectFieldStart(name);
    for (Outcome outcome : outcomes) {
      if (row.total(outcome) > 0) {
        rate(outcome.reason(), row.total(outcome), row.more(outcome));
      }
    }
    json.writeEndObject();
  }

  private void rate(String name, long total, long more) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeNumberField("total", total);
    number("per_second", seconds.isPresent() ? more / seconds.getAsDouble() : Double.NaN, THOUSAND);
    json.writeEndObject();
  }

  private void count(OptionalLong count) throws IOException {
    if (count.isPresent()) {
      json.writeNumber(count.getAsLong());
    } else {
      json.writeNull();
    }
  }

  /** Null if it is not known. */
  private void number(String name, double value, double scale) throws IOException {
    if (!Double.isFinite(value)) {
      json.writeNullField(name);
    } else {
      json.writeNumberField(name, Math.round(value * scale) / scale);
    }
  }
}
