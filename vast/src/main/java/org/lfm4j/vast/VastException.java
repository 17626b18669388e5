package org.lfm4j.vast;

/** Something with Vast.ai did not work; the message says what, and what to do next. */
public final class VastException extends RuntimeException {
  /** What a program can do about it. */
  public enum Kind {
    /** The input makes no sense, here or to Vast. */
    INVALID,
    /** There is no key, or Vast refuses it. */
    AUTH,
    /** No offer fits. */
    NO_OFFER,
    /** This offer is taken: the next one may not be. */
    OFFER_GONE,
    /** The account's credit or the given budget does not suffice. */
    NO_CREDIT,
    /** A host or the server on it did not come up. */
    START_FAILED,
    /** An instance may still be there, and be billed. */
    NOT_DESTROYED,
    /** There is no such instance. */
    NOT_FOUND,
    /** The answer to a create was lost: an instance may have been made. */
    AMBIGUOUS,
    /** Vast can't be reached, or answers with errors of its own. */
    UNREACHABLE
  }

  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** Says what is wrong. */
  public VastException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Says what is wrong and where it came from. */
  public VastException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Returns what a program can do about it. */
  public Kind kind() {
    return kind;
  }
}
