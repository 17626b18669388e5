package org.lfm4j.vast.rental;

/** An instance did not come up. */
final class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean everywhere;

  /** Says why; {@code everywhere} if another host would fail too. */
  StartFailure(String message, boolean everywhere) {
    super(message);
    this.everywhere = everywhere;
  }

  /** Returns whether another host would fail too. */
  boolean everywhere() {
    return everywhere;
  }
}
