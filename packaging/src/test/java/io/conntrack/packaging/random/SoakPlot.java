package io.conntrack.packaging.random;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Draws the samples of {@link Soak}: memory, CPU and drift over time, with floods shaded. */
final class SoakPlot {
  private static final int WIDTH = 900;
  private static final int LEFT = 80;
  private static final int RIGHT = 20;
  private static final int PANEL = 140;
  private static final int GAP = 45;
  private static final int TOP = 40;
  private static final int TICKS = 6;
  private static final double MB_PER_KIB = 1024e-6;

  private final List<SoakSample> samples;
  private final double seconds;
  private final StringBuilder svg = new StringBuilder();
  private int panels;

  private SoakPlot(List<SoakSample> samples) {
    this.samples = samples;
    this.seconds = samples.getLast().seconds();
  }

  static String svg(List<SoakSample> samples) {
    SoakPlot plot = new SoakPlot(samples);
    plot.panel("Resident memory, MB", samples, sample -> sample.residentKib() * MB_PER_KIB);
    plot.panel("CPU, % of a core", samples, SoakSample::cpuPercent);
    plot.panel(
        "Series that are not as conntrack(8) counts, at each pause",
        samples.stream().filter(SoakSample::isPause).toList(),
        SoakSample::wrong);
    return plot.whole();
  }

  private void panel(String title, List<SoakSample> shown, ToDoubleFunction<SoakSample> value) {
    int top = TOP + panels * (PANEL + GAP);
    double most = Math.max(1, shown.stream().mapToDouble(value).max().orElse(1) * 1.1);
    text(LEFT, top - 8, "start", title);
    for (SoakSample sample : samples) {
      if (sample.flooded()) {
        add(
            "<rect class='flood' x='%.1f' y='%d' width='4' height='%d'/>"
                .formatted(x(sample), top, PANEL));
      }
    }
    for (double part : new double[] {0, 0.5, 1}) {
      double y = top + PANEL * (1 - part);
      add("<path class='grid' d='M%d %.1fH%d'/>".formatted(LEFT, y, WIDTH - RIGHT));
      text(LEFT - 8, y + 4, "end", number(most * part));
    }
    String points =
        shown.stream()
            .map(sample ->
                "%.1f,%.1f"
                    .formatted(x(sample), top + PANEL * (1 - value.applyAsDouble(sample) / most)))
            .collect(Collectors.joining(" "));
    add("<polyline points='%s'/>".formatted(points));
    panels++;
  }

  private double x(SoakSample sample) {
    return LEFT + (WIDTH - LEFT - RIGHT) * sample.seconds() / seconds;
  }

  private String whole() {
    int height = TOP + panels * (PANEL + GAP) + 10;
    for (int tick = 0; tick <= TICKS; tick++) {
      double x = LEFT + (double) (WIDTH - LEFT - RIGHT) * tick / TICKS;
      text(x, height - 30, "middle", number(seconds * tick / TICKS / 60));
    }
    text(LEFT + (WIDTH - LEFT - RIGHT) / 2.0, height - 10, "middle", "minutes; floods are shaded");
    return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d'>%n".formatted(WIDTH, height)
        + "<style>text{font:13px sans-serif;fill:#24292f}polyline{fill:none;stroke:#0550ae;"
        + "stroke-width:1.5}.grid{stroke:#d0d7de}.flood{fill:#ffd8a8}</style>\n"
        + "<rect width='%d' height='%d' fill='#fff'/>%n".formatted(WIDTH, height)
        + svg
        + "</svg>\n";
  }

  private static String number(double number) {
    return (number < 10 && number != Math.rint(number) ? "%.1f" : "%,.0f").formatted(number);
  }

  private void text(double x, double y, String anchor, String text) {
    add("<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>".formatted(x, y, anchor, text));
  }

  private void add(String element) {
    svg.append(element).append('\n');
  }
}
