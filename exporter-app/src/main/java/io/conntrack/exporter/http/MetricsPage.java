package io.conntrack.exporter.http;

import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyFilter;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.exposition.Scrapes.Rejection;
import io.conntrack.exporter.format.Body;
import io.conntrack.exporter.format.Document;
import io.conntrack.exporter.format.EndpointRows;
import io.conntrack.exporter.format.MemoryBody;
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

  /** Who asks for odd ones does not fill the heap. */
  private static final int SHARED_FORMS = 4;

  /** Two scrapes of 10,000 endpoints leave as much. */
  private static final long GARBAGE_BYTES = 12L << 20;

  /** More that is live, as with many clients, does not put giving back off. */
  private static final long MOST_LIVE_BYTES = 12L << 20;

  /** Of the time, giving back takes one part in so many at most. */
  private static final int TIME_PARTS = 20;

  private final ObservationSource source;
  private final Exposition exposition;
  private final Scrapes scrapes;

  /**
   * Prepares all answers, one after the other. So the heap needs no room for a snapshot of each
   * client. A thread of the host, since the Prometheus client's writers make 35 MB of garbage a
   * scrape in a virtual one: there a {@link java.io.BufferedWriter} grows by what it is given.
   */
  private final ThreadPoolExecutor preparing =
      new ThreadPoolExecutor(
          1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), MetricsPage::thread);

  /** What was in use after {@link #giveBack}. Of the thread that prepares. */
  private long liveBytes;

  private long nextGiveBackNs = System.nanoTime();

  /** The observation that clients who wait may share, or null. Of the thread that prepares. */
  private Taken taken;

  /** What an answer depends on beside the observation. */
  private record Form(String accept, boolean gzip, List<String> names) {}

  /**
   * An observation, and when it was asked for. Its rows are made when the first scrape needs them.
   */
  private final class Taken {
    private final long askedNs = System.nanoTime();
    private final Observation observation;
    private EndpointRows rows;

    /** Those who ask for the same share it: packing takes longer than all else. */
    private final Map<Form, Answer> answers = new HashMap<>();

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

  MetricsPage(ObservationSource source, Exposition exposition, Scrapes scrapes) {
    this.source = source;
    this.exposition = exposition;
    this.scrapes = scrapes;
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
      scrapes.reject(Rejection.BUSY);
      throw new UnavailableException(
          "Other scrapes kept the exporter busy for " + Pages.DEADLINE.toSeconds() + " s.");
    }
    try {
      return prepare(takenSince(arrivedNs), request);
    } catch (OutOfMemoryError e) {
      taken = null;
      scrapes.reject(Rejection.NO_MEMORY);
      throw new UnavailableException(
          "The Java heap had no room for this answer. JAVA_OPTS=-Xmx256m makes it larger.");
    } finally {
      if (preparing.getQueue().isEmpty()) {
        taken = null;
      }
      if (usedBytes() > Math.min(liveBytes, MOST_LIVE_BYTES) + GARBAGE_BYTES) {
        preparing.execute(this::giveBack); // after this answer
      }
    }
  }

  /**
   * What a scrape leaves is too large for the young generation, and the heap would grow to its
   * limit before the JVM collects the old one. Only a full collection makes the heap small again.
   */
  private void giveBack() {
    long beganNs = System.nanoTime();
    if (beganNs - nextGiveBackNs < 0) {
      return;
    }
    System.gc();
    liveBytes = usedBytes();
    long endedNs = System.nanoTime();
    nextGiveBackNs = endedNs + TIME_PARTS * (endedNs - beganNs);
  }

  private static long usedBytes() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
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
    Form form =
        new Form(
            accepted(request.header("Accept")), takesGzip(request), request.parameters("name[]"));
    Answer made = state.answers.get(form);
    if (made == null) {
      made = prepare(state, form);
      if (state.answers.size() < SHARED_FORMS) {
        state.answers.put(form, made);
      }
    }
    return made;
  }

  private Answer prepare(Taken state, Form form) {
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", exposition.contentType(form.accept));
    headers.put("Vary", "Accept, Accept-Encoding");
    FamilyFilter asked = FamilyFilter.of(form.names);
    Document document = exposition.document(state.observation, state::rows, form.accept, asked);
    if (!form.gzip) {
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
   * exposition). A full flush before the window of zlib is full saves a fifth of the rest, for 2 %
   * more bytes: zlib need not move its hash table along with the window.
   */
  private static final class FastGzip extends GZIPOutputStream {
    /** The window slides when it has twice 32 KB, less 262 bytes. */
    private static final int WINDOW_BYTES = 7 * Body.LONGEST_WRITE_BYTES;

    private int inWindow;

    FastGzip(OutputStream out) throws IOException {
      super(out, Body.LONGEST_WRITE_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }

    /** At most the longest write. */
    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
      if (inWindow + length > WINDOW_BYTES) {
        flushFully();
        inWindow = 0;
      }
      inWindow += length;
      super.write(bytes, offset, length);
    }

    private void flushFully() throws IOException {
      int length;
      do {
        length = def.deflate(buf, 0, buf.length, Deflater.FULL_FLUSH);
        out.write(buf, 0, length);
      } while (length == buf.length);
    }
  }
}
