package org.lfm4j.sampling;

/** No token can be chosen from these logits; the message says why and what to change. */
public final class SamplingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes one from a message with cause and remedy. */
  public SamplingException(String message) {
    super(message);
  }
}
