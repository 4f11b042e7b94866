package io.conntrack.packaging.random;

/** What a step does. */
enum Operation {
  CREATE(20),
  UPDATE(20),
  MARK(4),
  DELETE(12),
  FLUSH(3),
  EXPIRE(6),
  REUSE(8),
  BURST(4),
  EVENTLESS(6),
  ZERO(2),
  ADDRESS(8),
  ROUTE(5),
  TRACKING(2),
  RULES(4),
  PAUSE(5),
  SHRINK_BUFFER(2),
  FAIL(1),
  NAMESPACE(5),
  RESIZE(1),

  /** Takes long, so it is the last step, of some seeds only. */
  FULL(0);

  /** How often it comes, compared with the others. */
  final int weight;

  Operation(int weight) {
    this.weight = weight;
  }
}
