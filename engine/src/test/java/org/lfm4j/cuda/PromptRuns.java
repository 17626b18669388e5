package org.lfm4j.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/** Runs prompts on a runner, each in pages of its own, for the logits of their last tokens. */
final class PromptRuns {
  private static final int STEP_ROWS = 8192;
  private static final int LOGIT_ROWS = 512;

  private final CudaRunner runner;
  private final int[][] prompts;
  private final int vocab;
  private final int[][] pages;
  private final Batch batch = new Batch(STEP_ROWS, LOGIT_ROWS);
  private final StepResult result;
  private final List<Integer> inBatch = new ArrayList<>();
  private final float[][] last;

  /** Takes the runner's memory. */
  PromptRuns(CudaRunner runner, int[][] prompts) {
    this.runner = runner;
    this.prompts = prompts;
    this.vocab = runner.config().vocabSize();
    this.pages = new int[prompts.length][];
    this.result = new StepResult(LOGIT_ROWS, vocab);
    this.last = new float[prompts.length][];
    int next = 0;
    for (int i = 0; i < prompts.length; i++) {
      pages[i] = new int[Math.ceilDiv(prompts[i].length, PageLayout.TOKENS)];
      for (int p = 0; p < pages[i].length; p++) {
        pages[i][p] = next++;
      }
    }
    runner.allocate(next, STEP_ROWS, LOGIT_ROWS);
  }

  /** Whether all prompts fit into one step. */
  boolean oneStep() {
    return Arrays.stream(prompts).mapToInt(p -> p.length).sum() <= STEP_ROWS;
  }

  /** Computes prompts as they are, as many in a step as fit, long ones in chunks of a step. */
  float[][] whole() {
    for (int i = 0; i < prompts.length; i++) {
      add(i, 0, prompts[i].length);
    }
    finish();
    return last.clone();
  }

  /**
   * Computes all but the last token of the first prompts, then their last tokens in decode steps.
   *
   * @param sequences of a step
   */
  float[][] decoded(int count, int sequences) {
    for (int i = 0; i < count; i++) {
      add(i, 0, prompts[i].length - 1);
    }
    finish();
    for (int i = 0; i < count; i++) {
      add(i, prompts[i].length - 1, prompts[i].length);
      if (batch.sequences() == sequences) {
        finish();
      }
    }
    finish();
    return Arrays.copyOf(last, count);
  }

  private void add(int prompt, int first, int end) {
    int[] tokens = prompts[prompt];
    for (int from = first; from < end; from += STEP_ROWS) {
      int to = Math.min(end, from + STEP_ROWS);
      if (batch.rows() + to - from > STEP_ROWS) {
        finish();
      }
      batch.addSequence(from, pages[prompt], pages[prompt].length);
      for (int t = from; t < to; t++) {
        batch.addRow(tokens[t], t == tokens.length - 1);
      }
      if (to == tokens.length) {
        inBatch.add(prompt);
      }
    }
  }

  private void finish() {
    if (batch.rows() > 0) {
      runner.step(batch, result);
    }
    for (int i = 0; i < inBatch.size(); i++) {
      last[inBatch.get(i)] = Arrays.copyOfRange(result.logits(), i * vocab, (i + 1) * vocab);
    }
    inBatch.clear();
    batch.clear();
  }
}
