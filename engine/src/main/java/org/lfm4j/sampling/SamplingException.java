package org.lfm4j.sampling;

/** No token can be chosen from these logits; the message says why and what to change. */
public final class SamplingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says that the largest of a row's logits is NaN or positive infinity. */
  public static SamplingException notFinite(float largest) {
    return new SamplingException(
        "the model produced %s logits: check its weights against their published checksums"
            .formatted(Float.isNaN(largest) ? "NaN" : "infinite"));
  }

  /** Says that all tokens are forbidden. */
  public static SamplingException noneLeft() {
    return new SamplingException(
        "no token is left to choose: allow more in allowed_token_ids, bad_words, min_tokens or the grammar");
  }

  /** Says that there are no log-probabilities of raw logits of which this is the largest. */
  public static SamplingException noLogprobs(float largest) {
    return new SamplingException(
        "log-probabilities need finite logits, the model's largest is %s: check its weights"
            .formatted(largest));
  }

  /** Makes one from a message with cause and remedy. */
  public SamplingException(String message) {
    super(message);
  }
}
