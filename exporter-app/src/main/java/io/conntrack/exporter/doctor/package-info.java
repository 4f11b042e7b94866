/**
 * {@code conntrack-exporter check}: what this host has and lacks.
 *
 * <p>Comes in: the configuration, files below /proc, dumps of the kernel. Goes out: a report with a
 * remedy for each finding. Threads: the main thread; no daemon runs. It changes nothing. Begin with
 * {@link io.conntrack.exporter.doctor.Doctor}.
 */
package io.conntrack.exporter.doctor;
