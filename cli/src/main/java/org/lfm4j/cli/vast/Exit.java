package org.lfm4j.cli.vast;

import org.lfm4j.vast.VastException;

/**
 * What a program learns from the exit status; {@link ServiceOptions} lists the codes in its help.
 */
final class Exit {
  static final int USAGE = 2;
  static final int NOT_DESTROYED = 7;
  static final int INTERRUPTED = 130;

  private Exit() {}

  /** Returns the status for an error. */
  static int of(VastException.Kind kind) {
    return switch (kind) {
      case INVALID -> USAGE;
      case AUTH -> 3;
      case NO_OFFER, OFFER_GONE -> 4;
      case NO_CREDIT -> 5;
      case START_FAILED -> 6;
      case NOT_DESTROYED, AMBIGUOUS -> NOT_DESTROYED;
      case NOT_FOUND -> 8;
      case UNREACHABLE -> 9;
    };
  }
}
