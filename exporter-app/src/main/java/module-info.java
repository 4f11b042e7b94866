import io.conntrack.exporter.web.NoReverseLookup;
import java.net.spi.InetAddressResolverProvider;

/** The daemon: options, threads, metrics, HTTP. */
module io.conntrack.exporter {
  // Makes the log's writer, by its name.
  exports io.conntrack.exporter.log to
      org.tinylog.api;

  // The JDK finds it by itself.
  provides InetAddressResolverProvider with
      NoReverseLookup;

  requires com.fasterxml.jackson.core;
  requires info.picocli;
  requires io.conntrack.aggregator;
  requires io.conntrack.ffm;
  requires io.prometheus.metrics.config;
  requires io.prometheus.metrics.core;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires io.prometheus.metrics.model;
  requires io.prometheus.writer.text;
  // The client finds its protobuf writer by name, in this module that nothing else requires.
  requires io.prometheus.metrics.expositionformats;
  requires jdk.httpserver;
  // The client asks it for open files and CPU time, by reflection.
  requires jdk.management;
  // For SIGHUP.
  requires jdk.unsupported;
  // The terminal of top, and how it calls C.
  requires org.jline.terminal;
  requires org.jline.terminal.ffm;
  requires org.snakeyaml.engine;
  requires org.tinylog.api;
  // Provides the log's writer, as a service.
  requires org.tinylog.impl;
  // For bcrypt.
  requires spring.security.crypto;
}
