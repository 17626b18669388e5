package org.lfm4j.vast;

import java.time.Duration;

/**
 * Kinds of calls. Vast counts each kind apart and answers 429, without Retry-After, to two calls of
 * a kind that come closer than its threshold.
 */
enum Endpoint {
  SEARCH(6000, true),
  CREATE(4500, false),
  LAUNCH(5000, false),
  DESTROY(3000, false),
  SHOW_ONE(2000, true),
  SHOW_ALL(1000, true),
  CHANGE(1000, true),
  LOGS(1500, true),
  ACCOUNT(1000, true);

  private final Duration spacing;
  private final boolean repeatable;

  Endpoint(int spacingMillis, boolean repeatable) {
    this.spacing = Duration.ofMillis(spacingMillis);
    this.repeatable = repeatable;
  }

  /** Returns the least time between two calls. */
  Duration spacing() {
    return spacing;
  }

  /** Returns whether a call whose answer was lost may simply be sent again. */
  boolean repeatable() {
    return repeatable;
  }

  /** Returns whether a call makes an instance. */
  boolean creates() {
    return this == CREATE || this == LAUNCH;
  }
}
