package io.conntrack.exporter.http;

import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyFilter;
import io.conntrack.exporter.format.Body;
import io.conntrack.exporter.format.Document;
import io.conntrack.exporter.format.EndpointRows;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.UnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** The metrics of now, or 503 when there is no whole state to show. */
final class MetricsPage implements Page {
  private static final Pattern REFUSED =
      Pattern.compile(";\\s*q\\s*=\\s*0(\\.0{0,3})?\\s*(;|$)", Pattern.CASE_INSENSITIVE);

  /** No deeper than the Prometheus client's writers need. */
  private static final int STACK_BYTES = 256 << 10;

  private static final long SMALL_HEAP_BYTES = 16L << 20;
  private static final long GIVE_BACK_NS = TimeUnit.SECONDS.toNanos(30);

  private final ObservationSource source;
  private final Exposition exposition;

  /**
   * Prepares all answers, one after the other. So the heap needs no room for a snapshot of each
   * client. A thread of the host, since the Prometheus client's writers make 35 MB of garbage a
   * scrape in a virtual one: there a {@link java.io.BufferedWriter} grows by what it is given.
   */
  private final ThreadPoolExecutor preparing =
      new ThreadPoolExecutor(
          1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), MetricsPage::thread);

  /** When {@link #giveBack} last did something. Of the thread that prepares. */
  private long gaveBackNs = System.nanoTime();

  /** The observation that clients who wait may share, or null. Of the thread that prepares. */
  private Taken taken;

  /**
   * An observation, and when it was asked for. Its rows are made when the first scrape needs them.
   */
  private final class Taken {
    private final long askedNs = System.nanoTime();
    private final Observation observation;
    private EndpointRows rows;

    Taken() throws UnavailableException {
      observation = source.await(Pages.DEADLINE);
    }

    EndpointRows rows() {
      if (rows == null) {
        rows = exposition.rows(observation);
      }
      return rows;
    }
  }

  MetricsPage(ObservationSource source, Exposition exposition) {
    this.source = source;
    this.exposition = exposition;
    preparing.prestartCoreThread(); // where threads are few, it is there
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(null, task, "scrapes", STACK_BYTES);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public Answer answer(Request request) throws UnavailableException {
    long arrivedNs = System.nanoTime();
    try {
      return preparing.submit(() -> prepare(request, arrivedNs)).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("The exporter is stopping.");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnavailableException unavailable) {
        throw unavailable;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private Answer prepare(Request request, long arrivedNs) throws UnavailableException {
    if (System.nanoTime() - arrivedNs > Pages.DEADLINE.toNanos()) {
      throw new UnavailableException(
          "Other scrapes kept the exporter busy for " + Pages.DEADLINE.toSeconds() + " s.");
    }
    try {
      return prepare(takenSince(arrivedNs), request);
    } finally {
      if (preparing.getQueue().isEmpty()) {
        taken = null;
        giveBack();
      }
    }
  }

  /** The heap grows with what many clients ask for. Only a full collection makes it small again. */
  private void giveBack() {
    Runtime heap = Runtime.getRuntime();
    long nowNs = System.nanoTime();
    if (heap.totalMemory() > SMALL_HEAP_BYTES && nowNs - gaveBackNs > GIVE_BACK_NS) {
      gaveBackNs = nowNs;
      preparing.execute(System::gc); // after this answer
    }
  }

  /** Never older than the request. */
  private Taken takenSince(long arrivedNs) throws UnavailableException {
    if (taken == null || taken.askedNs - arrivedNs < 0) {
      taken = null; // Its memory is for the next.
      taken = new Taken();
    }
    return taken;
  }

  private Answer prepare(Taken state, Request request) {
    FamilyFilter asked = FamilyFilter.of(request.parameters("name[]"));
    String accept = accepted(request.header("Accept"));
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", exposition.contentType(accept));
    headers.put("Vary", "Accept, Accept-Encoding");
    Document document = exposition.document(state.observation, state::rows, accept, asked);
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

  private static boolean takesGzip(Request request) {
    return Arrays.stream(request.header("Accept-Encoding").split(",", -1))
        .anyMatch(encoding -> encoding.strip().equalsIgnoreCase("gzip"));
  }

  /** The packed answer takes no more memory than what it is made from. */
  private static Body gzip(Document document) {
    MemoryBody packed = new MemoryBody();
    try (OutputStream out = new FastGzip(packed)) {
      document.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return packed;
  }

  /**
   * This level takes a third of the default level's time, for a sixth more bytes (24 MB of
   * exposition).
   */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, Body.LONGEST_WRITE_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
