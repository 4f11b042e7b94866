package io.conntrack.exporter.exposition;

import io.conntrack.exporter.web.WebStatus;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The state of the file of {@code --web.config.file}; nothing without that option.
 *
 * <pre>
 * conntrack_exporter_web_config_last_reload_success 1.0
 * conntrack_exporter_web_config_last_reload_success_timestamp_seconds 1.767323045678E9
 * </pre>
 */
final class WebFamilies {
  private WebFamilies() {}

  static void register(ObservedFamilies families, Supplier<Optional<WebStatus>> web) {
    families.ownGauge(
        "conntrack_exporter_web_config_last_reload_success",
        "1 if the web configuration file, its certificates and its keys were good when they were"
            + " last read. If 0, the log says why.",
        (observed, series) ->
            web.get().ifPresent(status -> series.count(status.lastReadGood() ? 1 : 0)));
    families.ownGauge(
        "conntrack_exporter_web_config_last_reload_success_timestamp_seconds",
        "When the web configuration file was last read and good, in seconds since 1970.",
        (observed, series) ->
            web.get().ifPresent(status -> series.add(status.lastGoodUnixMs() / 1e3)));
  }
}
