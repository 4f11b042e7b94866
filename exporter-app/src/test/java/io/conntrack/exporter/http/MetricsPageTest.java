package io.conntrack.exporter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Headers;
import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.ScrapeCounts;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.testbed.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MetricsPageTest {
  private final AtomicInteger asked = new AtomicInteger();
  private final CountDownLatch firstAsked = new CountDownLatch(1);
  private final CountDownLatch othersWait = new CountDownLatch(1);
  private final MetricsPage page =
      new MetricsPage(
          timeout -> observe(),
          new Exposition(new BuildInfo("1", "2", "3"), FamilyOptions.PLAIN),
          new Scrapes(0));

  private final List<Thread> threads = new ArrayList<>();

  private Observation observe() {
    asked.incrementAndGet();
    firstAsked.countDown();
    await(othersWait);
    return Observations.small();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private FutureTask<Integer> scrape() {
    FutureTask<Integer> scrape =
        new FutureTask<>(() -> page.answer(new Request(new Headers(), null)).status());
    Thread thread = new Thread(scrape, "scrape");
    threads.add(thread);
    thread.start();
    return scrape;
  }

  private boolean othersWait() {
    return threads.stream().skip(1).allMatch(thread -> thread.getState() == Thread.State.WAITING);
  }

  @Test
  void scrapesThatWaitShareAnObservationThatIsNotOlderThanAny() throws Exception {
    List<FutureTask<Integer>> scrapes = new ArrayList<>(List.of(scrape()));
    await(firstAsked);
    for (int i = 0; i < 3; i++) {
      scrapes.add(scrape());
    }
    Await.until("the others to wait", this::othersWait);
    othersWait.countDown();

    for (FutureTask<Integer> scrape : scrapes) {
      assertThat(scrape.get(10, TimeUnit.SECONDS)).isEqualTo(200);
    }
    assertThat(asked).as("the first had not seen the others come").hasValue(2);
  }

  @Test
  void anAnswerThatTheHeapHasNoRoomForIsRefusedAndCounted() throws Exception {
    Scrapes scrapes = new Scrapes(0);
    AtomicInteger failures = new AtomicInteger();
    MetricsPage full =
        new MetricsPage(
            timeout -> {
              if (failures.getAndIncrement() == 0) {
                throw new OutOfMemoryError("Java heap space");
              }
              return Observations.small();
            },
            new Exposition(new BuildInfo("1", "2", "3"), FamilyOptions.PLAIN),
            scrapes);
    assertThatThrownBy(() -> full.answer(new Request(new Headers(), null)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("JAVA_OPTS=-Xmx256m");
    assertThat(ScrapeCounts.rejected(scrapes, Scrapes.Rejection.NO_MEMORY)).isEqualTo(1);
    assertThat(full.answer(new Request(new Headers(), null)).status()).isEqualTo(200);
  }

  @Test
  void aScrapeAfterAnotherHasAnObservationOfItsOwn() throws Exception {
    othersWait.countDown();
    assertThat(scrape().get(10, TimeUnit.SECONDS)).isEqualTo(200);
    assertThat(scrape().get(10, TimeUnit.SECONDS)).isEqualTo(200);
    assertThat(asked).hasValue(2);
  }
}
