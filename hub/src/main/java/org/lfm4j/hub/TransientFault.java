package org.lfm4j.hub;

import java.time.Duration;
import java.util.Optional;

/** Something that went wrong and may go right when it is tried again. */
final class TransientFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Duration> wait;

  TransientFault(String message) {
    this(message, Optional.empty());
  }

  /** {@code wait}: how long the server asked to wait. */
  TransientFault(String message, Optional<Duration> wait) {
    super(message);
    this.wait = wait;
  }

  Optional<Duration> askedWait() {
    return wait;
  }
}
