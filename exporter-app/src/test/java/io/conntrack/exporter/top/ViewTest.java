package io.conntrack.exporter.top;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What keys do. */
final class ViewTest {
  private final View view = new View(new EndpointQuery("failed", false, 50, ""));

  private boolean type(String keys) {
    return keys.chars().mapToObj(view::press).reduce(false, (a, b) -> a || b);
  }

  @Test
  void theSortColumnGoesRoundAndRTurnsTheOrder() {
    assertThat(type(">")).isTrue();
    assertThat(view.query().sort()).isEqualTo("ended");
    view.press(Screen.LEFT);
    view.press(Screen.LEFT);
    assertThat(view.query().sort()).isEqualTo("opened");
    for (int i = 0; i < 5; i++) {
      type("<");
    }
    assertThat(view.query()).isEqualTo(new EndpointQuery("host", true, 50, ""));
    type("<r");
    assertThat(view.query()).isEqualTo(new EndpointQuery("setup", true, 50, ""));
    type("f");
    assertThat(view.query()).isEqualTo(new EndpointQuery("failed", false, 50, ""));
  }

  @Test
  void aFilterIsTypedWithoutItsLettersBeingKeys() {
    type("/10.q");
    assertThat(view.query().filter()).isEqualTo("10.q");
    assertThat(view.bottom()).isEqualTo("Filter: 10.q_");
    assertThat(view.hasEnded()).isFalse();
    view.press(127);
    view.press(Screen.UP);
    type("\r");
    assertThat(view.query().filter()).isEqualTo("10.");
    assertThat(view.bottom()).isEmpty();
    view.press(27);
    assertThat(view.query().filter()).isEmpty();
  }

  @Test
  void aFilterIsBoundedAndHasNoControlCharacters() {
    type("/");
    IntStream.range(0, 300).forEach(i -> view.press(i % 2 == 0 ? 1 : 0x1F600));
    assertThat(view.query().filter().length()).isLessThanOrEqualTo(201);
    assertThat(view.query().filter()).doesNotContain("\u0001");
    view.press(21);
    assertThat(view.query().filter()).isEmpty();
    view.press(127);
  }

  @Test
  void aPauseEndsWithAnotherOrder() {
    type("p");
    assertThat(view.isPaused()).isTrue();
    type("?");
    assertThat(view.isHelping()).isTrue();
    type("q");
    assertThat(view.isHelping()).isFalse();
    assertThat(view.hasEnded()).isFalse();
    type("r");
    assertThat(view.isPaused()).isFalse();
    type("q");
    assertThat(view.hasEnded()).isTrue();
  }

  @Test
  void ctrlCEndsItWhateverIsShown() {
    type("/10?");
    view.press(3);
    assertThat(view.hasEnded()).isTrue();
  }

  @Test
  void rowsScrollNoFurtherThanTheLast() throws IOException {
    view.show(Documents.parsed(Documents.rows("a:1", "b:1", "c:1", "d:1", "e:1")));
    assertThat(view.visible(2)).extracting(Endpoints.Endpoint::host).containsExactly("a:1", "b:1");
    type("j");
    assertThat(view.visible(2)).extracting(Endpoints.Endpoint::host).containsExactly("b:1", "c:1");
    IntStream.range(0, 9).forEach(i -> view.press(Screen.PAGE_DOWN));
    assertThat(view.visible(2)).extracting(Endpoints.Endpoint::host).containsExactly("d:1", "e:1");
    view.press(Screen.UP);
    assertThat(view.visible(2)).extracting(Endpoints.Endpoint::host).containsExactly("c:1", "d:1");
    view.press(Screen.HOME);
    assertThat(view.visible(9)).hasSize(5);
  }
}
