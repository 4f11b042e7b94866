package io.conntrack.exporter.http;

import com.sun.net.httpserver.Headers;
import io.conntrack.exporter.exposition.Body;
import io.conntrack.exporter.exposition.Document;
import io.conntrack.exporter.exposition.EndpointRows;
import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.UnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** The metrics of now, or 503 when there is no whole state to show. */
final class MetricsPage implements Page {
  private static final Pattern REFUSED =
      Pattern.compile(";\\s*q\\s*=\\s*0(\\.0{0,3})?\\s*(;|$)", Pattern.CASE_INSENSITIVE);

  private final ObservationSource source;
  private final Exposition exposition;

  /**
   * Held from the asking for a snapshot until the answer is prepared, so that the heap need not
   * have room for as many snapshots as there are clients.
   */
  private final ReentrantLock preparing = new ReentrantLock(true);

  /** What those who wait for the lock may share; null when nobody waits. Guarded by the lock. */
  private Taken taken;

  /** An observation, and when it was asked for. */
  private record Taken(Observation observation, EndpointRows rows, long askedNs) {}

  MetricsPage(ObservationSource source, Exposition exposition) {
    this.source = source;
    this.exposition = exposition;
  }

  @Override
  public Answer answer(Headers request) throws UnavailableException {
    long arrivedNs = System.nanoTime();
    lock();
    try {
      return prepare(takenSince(arrivedNs), request);
    } finally {
      if (!preparing.hasQueuedThreads()) {
        taken = null;
      }
      preparing.unlock();
    }
  }

  private void lock() throws UnavailableException {
    try {
      if (!preparing.tryLock(Pages.DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new UnavailableException(
            "Other scrapes kept the exporter busy for " + Pages.DEADLINE.toSeconds() + " s.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("The exporter is stopping.");
    }
  }

  /** Never older than the request. */
  private Taken takenSince(long arrivedNs) throws UnavailableException {
    if (taken == null || taken.askedNs - arrivedNs < 0) {
      taken = null; // Its memory is for the next.
      long askedNs = System.nanoTime();
      Observation observation = source.await(Pages.DEADLINE);
      taken = new Taken(observation, EndpointRows.of(observation), askedNs);
    }
    return taken;
  }

  private Answer prepare(Taken state, Headers request) throws UnavailableException {
    String accept = accepted(header(request, "Accept"));
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", exposition.contentType(accept));
    headers.put("Vary", "Accept, Accept-Encoding");
    Document document = exposition.document(state.observation, state.rows, accept);
    if (!takesGzip(request)) {
      return new Answer(200, headers, document);
    }
    headers.put("Content-Encoding", "gzip");
    return new Answer(200, headers, gzip(document));
  }

  /**
   * The header without the formats that the client refuses by a weight of 0 (RFC 9110, 12.4.2). The
   * Prometheus client does not look at weights.
   */
  private static String accepted(String accept) {
    return Arrays.stream(accept.split(",", -1))
        .filter(format -> !REFUSED.matcher(format).find())
        .collect(Collectors.joining(","));
  }

  private static boolean takesGzip(Headers request) {
    return Arrays.stream(header(request, "Accept-Encoding").split(",", -1))
        .anyMatch(encoding -> encoding.strip().equalsIgnoreCase("gzip"));
  }

  private static String header(Headers request, String name) {
    return String.join(",", request.getOrDefault(name, List.of()));
  }

  /** Packed in memory it takes no more than what it is made from. */
  private static Body gzip(Document document) {
    MemoryBody packed = new MemoryBody();
    try (OutputStream out = new FastGzip(packed)) {
      document.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return packed;
  }

  /** A third of the time of the default level, for a sixth more bytes (24 MB of exposition). */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, Body.LONGEST_WRITE_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
