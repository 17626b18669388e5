package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * One step: what the runner is asked, for whom, and what it answers. Reused; where steps overlap,
 * two take turns, and what the scheduler has noted in a sequence may be of the later one. Engine
 * thread only.
 */
final class Step {
  /** No choice of the runner: the token, if any, is sampled from logits on the host. */
  static final int HOST = -1;

  final Batch batch;
  final StepResult result;
  final List<Sequence> sequences = new ArrayList<>();

  /** What the runner chooses; there is none if it doesn't. */
  final @Nullable RunnerChoices choices;

  /** Of each sequence. */
  private final int[] logitRows;

  private final int[] choice;
  private final boolean[] completes;

  private int decodeTokens;
  private int prefillTokens;

  /** Whether the next step was scheduled as if this one were over. */
  private boolean assumed;

  /** Why it never began. */
  private @Nullable Throwable failure;

  Step(Batch batch, StepResult result, int maxSequences, @Nullable RunnerChoices choices) {
    this.batch = batch;
    this.result = result;
    this.choices = choices;
    this.logitRows = new int[maxSequences];
    this.choice = new int[maxSequences];
    this.completes = new boolean[maxSequences];
  }

  void clear() {
    batch.clear();
    sequences.clear();
    assumed = false;
    failure = null;
  }

  /** Notes what the scheduler has filled in, and says who chooses tokens. */
  void plan() {
    decodeTokens = 0;
    prefillTokens = 0;
    if (choices != null) {
      choices.begin();
    }
    int logits = 0;
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      logitRows[i] = sequence.logitRows();
      logits += logitRows[i];
      completes[i] = sequence.completes();
      choice[i] = choices == null ? HOST : choices.add(sequence, logits - 1);
      if (sequence.generated() > 0 && sequence.remaining() == 1) {
        decodeTokens++;
      } else {
        prefillTokens += sequence.scheduled();
      }
    }
  }

  int logitRows(int index) {
    return logitRows[index];
  }

  /** Returns whether a sequence gets a token. */
  boolean completes(int index) {
    return completes[index];
  }

  /** Returns which choice of the runner that token is, or {@link #HOST}. */
  int choice(int index) {
    return choice[index];
  }

  int decodeTokens() {
    return decodeTokens;
  }

  int prefillTokens() {
    return prefillTokens;
  }

  /**
   * Returns whether the next step needs nothing of this one that the runner doesn't have by itself:
   * every sequence gets a token that the runner chooses, and what may follow doesn't depend on it.
   * Chunks of prompts last so long that it doesn't pay to schedule ahead of them, and what arrives
   * meanwhile would have to wait for one more.
   */
  boolean predictable() {
    return prefillTokens == 0
        && batch.choices().count() == sequences.size()
        && batch.choices().maskCount() == 0;
  }

  /** Returns why the runner refused the step, or null. */
  @Nullable Throwable failure() {
    return failure;
  }

  void fail(Throwable cause) {
    failure = cause;
  }

  /** Schedules go on as if this step were over. */
  void assume() {
    assumed = true;
    for (int i = 0; i < sequences.size(); i++) {
      if (!sequences.get(i).ended()) {
        sequences.get(i).assume(choice[i]);
      }
    }
  }

  /** This step was computed. */
  void advance() {
    for (int i = 0; i < sequences.size() && !assumed; i++) {
      sequences.get(i).advance();
    }
  }
}
