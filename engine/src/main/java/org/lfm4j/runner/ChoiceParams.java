package org.lfm4j.runner;

/**
 * How a runner chooses the tokens of one sequence, the same for all of them. In this order: the
 * mask, penalties, temperature, the drop (which is min-p), top-k, top-p, and the draw; greedy
 * decoding ends after the penalties.
 *
 * <p>Penalties change the logit of every token that the sequence's slot has seen: {@code logit =
 * logit < 0 ? logit * repetition : logit / repetition}, then, if the output holds it {@code count >
 * 0} times, {@code logit -= frequency * count + presence}; in double precision, rounded to a float
 * once.
 *
 * @param temperature divides the logits; 0 takes the lowest id of those with the largest logit
 * @param drop how far below the largest logit, as a penalised logit that is not yet divided by the
 *     temperature, a token may be and still be chosen: those below {@code (float) (max - drop)}
 *     can't
 * @param topK keeps the k most likely, and those that tie with the last of them; 0 keeps all
 * @param topP keeps the most likely of what is left until their share of its probability reaches
 *     this, of equals the lower ids; 1 keeps all
 * @param repetition penalty of what prompt or output hold; 1 is none
 * @param frequency penalty for each time that the output holds a token; 0 is none
 * @param presence penalty of what the output holds; 0 is none
 * @param logprobs how many of the most likely tokens to report with the chosen one, in [0, {@link
 *     StepResult#MAX_LOGPROBS}], or {@link #NO_LOGPROBS}
 */
public record ChoiceParams(
    double temperature,
    double drop,
    int topK,
    double topP,
    double repetition,
    double frequency,
    double presence,
    int logprobs) {

  /** Nothing but the token is reported. */
  public static final int NO_LOGPROBS = -1;

  /** Returns whether what the sequence holds matters, so that it needs a slot. */
  public boolean penalizes() {
    return repetition != 1 || frequency != 0 || presence != 0;
  }
}
