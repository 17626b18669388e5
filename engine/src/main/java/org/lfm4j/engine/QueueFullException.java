package org.lfm4j.engine;

/** Too many requests wait already; try again later. */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  QueueFullException(int waiting) {
    super("the server is busy: %d requests are waiting; try again later".formatted(waiting));
  }
}
