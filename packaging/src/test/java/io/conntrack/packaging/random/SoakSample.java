package io.conntrack.packaging.random;

/**
 * What the program took at a moment of {@link Soak}.
 *
 * @param seconds since the start
 * @param cpuPercent of a core, since the sample before
 * @param wrong how many series were not as conntrack(8) counts; -1 if nobody could compare
 */
record SoakSample(
    double seconds,
    int residentKib,
    double cpuPercent,
    int threads,
    int files,
    long lostEvents,
    boolean flooded,
    int wrong) {

  boolean isPause() {
    return wrong >= 0;
  }

  @Override
  public String toString() {
    return "| %,.0f | %,.1f MB | %.1f %% | %d | %d | %,d | %s |"
        .formatted(
            seconds,
            residentKib * 1024e-6,
            cpuPercent,
            threads,
            files,
            lostEvents,
            flooded ? "flood" : isPause() ? "pause: " + wrong + " wrong" : "");
  }
}
