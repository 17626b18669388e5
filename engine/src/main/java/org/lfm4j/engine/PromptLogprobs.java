package org.lfm4j.engine;

import org.lfm4j.sampling.Logprobs;

/** Tells a caller the log-probabilities of a prompt, as its logits come. Engine thread only. */
final class PromptLogprobs {
  private final Request request;
  private final TokenStream stream;

  /** The last position that was reported. */
  private int reported;

  PromptLogprobs(Request request, TokenStream stream) {
    this.request = request;
    this.stream = stream;
  }

  /**
   * Reports what rows of logits say about the tokens after them.
   *
   * @param logits row-major [rows, vocabSize] from {@code offset} on
   * @param firstPosition of the first row
   */
  void report(float[] logits, int offset, int vocabSize, int firstPosition, int rows) {
    int top = request.sampling().promptLogprobs().orElse(0);
    int[] prompt = request.prompt();
    for (int i = 0; i < rows; i++) {
      int about = firstPosition + i + 1;
      // A preempted prompt is computed twice and reported once.
      if (about > reported && about < prompt.length) {
        int row = offset + i * vocabSize;
        stream.appendPrompt(Logprobs.of(logits, row, vocabSize, prompt[about], top));
        reported = about;
      }
    }
  }
}
