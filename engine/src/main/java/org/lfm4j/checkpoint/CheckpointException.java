package org.lfm4j.checkpoint;

/** A model directory that can't be used; the message names the file, the tensor and the remedy. */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong with which file. */
  public CheckpointException(String message) {
    super(message);
  }

  /** Says what is wrong with which file, and what caused it. */
  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
