package io.conntrack.exporter.exposition;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * The families of this process and its JVM, as other Prometheus programs have them: {@code
 * process_cpu_seconds_total}, {@code process_resident_memory_bytes}, {@code process_open_fds}, and
 * of the JVM its memory, collections and threads.
 */
final class ProcessFamilies {
  private ProcessFamilies() {}

  static void register(PrometheusRegistry registry, PrometheusProperties properties) {
    ProcessMetrics.builder(properties).register(registry);
    JvmMemoryMetrics.builder(properties).register(registry);
    JvmGarbageCollectorMetrics.builder(properties).register(registry);
    JvmThreadsMetrics.builder(properties).register(registry);
  }
}
