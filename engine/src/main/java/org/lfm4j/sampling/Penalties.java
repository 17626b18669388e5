package org.lfm4j.sampling;

/**
 * Makes tokens that the sequence holds less likely, or more.
 *
 * <p>The repetition penalty is Hugging Face's (RepetitionPenaltyLogitsProcessor of transformers,
 * after CTRL, arXiv 1909.05858): over the distinct tokens of prompt and output. Transformers has no
 * frequency and presence penalty; these are OpenAI's and vLLM's, over the output only, applied
 * after the repetition penalty: {@code logit -= frequency * count + presence * (count > 0)}.
 */
final class Penalties {
  private final double repetition;
  private final double frequency;
  private final double presence;
  private final boolean none;
  private final TokenCounts counts = new TokenCounts();

  Penalties(SamplingParams params) {
    repetition = params.repetitionPenalty();
    frequency = params.frequencyPenalty();
    presence = params.presencePenalty();
    none = repetition == 1 && frequency == 0 && presence == 0;
  }

  void observePrompt(int token) {
    if (!none) {
      counts.add(token, 0);
    }
  }

  void observe(int token) {
    if (!none) {
      counts.add(token, 1);
    }
  }

  void visit(Sampler.HeldTokens visitor) {
    for (int i = 0; i < counts.size(); i++) {
      visitor.accept(counts.token(i), counts.inOutput(i));
    }
  }

  /** Changes the logits of the tokens seen; touches no other. */
  void apply(float[] logits, int offset) {
    for (int i = 0; i < counts.size(); i++) {
      int at = offset + counts.token(i);
      double logit = logits[at];
      logit = logit < 0 ? logit * repetition : logit / repetition;
      int times = counts.inOutput(i);
      if (times > 0) {
        logit -= frequency * times + presence;
      }
      logits[at] = (float) logit;
    }
  }
}
