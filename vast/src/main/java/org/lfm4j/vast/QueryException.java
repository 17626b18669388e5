package org.lfm4j.vast;

/** A query that can't be read. The message shows where. */
public final class QueryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int position;

  /** Says what is wrong at a position, counted from 0. */
  QueryException(String query, int position, String message) {
    super(
        "%s at character %d of the query:%n  %s%n  %s^"
            .formatted(message, position + 1, query, " ".repeat(position)));
    this.position = position;
  }

  /** Returns where it is wrong: a character index, from 0 to the query's length. */
  public int position() {
    return position;
  }
}
