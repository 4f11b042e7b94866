package io.conntrack.benchmarks.endtoend;

import java.util.List;

/** One thing that is measured, by itself: it makes its namespaces, and leaves nothing. */
@FunctionalInterface
interface Measurement {
  /** How often a figure is taken that is given as a median. */
  int SAMPLES = 5;

  List<Row> measure() throws Exception;
}
