package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.Choices;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;

/**
 * A {@link TracingRunner} with random logits instead of one that is 1; it may choose tokens as a
 * device would, by nothing but what the contract hands over. Rows whose logits the host doesn't ask
 * for come back as rubbish.
 */
final class ChoosingRunner implements Runner {
  private static final int VOCAB = TracingRunner.VOCAB;

  final TracingRunner model;
  private final boolean chooses;

  /** Whether steps overlap; they are computed as late as can be. */
  boolean overlaps;

  /** Consulted when a step begins; may throw. */
  Runnable beforeBegin = () -> {};

  private final Deque<Batch> begun = new ArrayDeque<>();

  /** What the step before chose. */
  private int[] earlier = {};

  int overlapped;
  private final float[][] logits = new float[VOCAB][VOCAB];

  /** Of each slot, how often the output holds each token; -1 for tokens not seen. */
  private int[][] outputs = {};

  int chosen;

  /**
   * Makes a runner.
   *
   * @param seed of the logits
   * @param broken after how many different tokens the logits are not finite
   */
  ChoosingRunner(int pageTokens, boolean chooses, long seed, int broken) {
    this.model = new TracingRunner(pageTokens);
    this.chooses = chooses;
    Random random = new Random(seed);
    for (int next = 0; next < VOCAB; next++) {
      for (int id = 0; id < VOCAB; id++) {
        // Steps of an eighth, so that some are equal.
        logits[next][id] = Math.round(random.nextGaussian() * 24) / 8f;
      }
      logits[next][TracingRunner.POISON] = Float.NEGATIVE_INFINITY;
      if (next < broken) {
        logits[next][random.nextInt(TracingRunner.POISON)] =
            next % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY;
      }
    }
  }

  @Override
  public boolean choosesTokens() {
    return chooses;
  }

  @Override
  public void allocateSlots(int slots) {
    outputs = new int[slots][VOCAB];
  }

  @Override
  public boolean overlapsSteps() {
    return overlaps;
  }

  @Override
  public void begin(Batch batch) {
    assertThat(begun.size()).isLessThan(2);
    beforeBegin.run();
    begun.add(batch);
    overlapped += begun.size() - 1;
  }

  @Override
  public void await(StepResult result) {
    Batch batch = begun.remove();
    int[] before = earlier;
    earlier = new int[batch.choices().count()];
    model.tokens = token -> token < 0 ? Math.max(0, before[-1 - token]) : token;
    step(batch, result);
    earlier = Arrays.copyOf(result.tokens(), batch.choices().count());
  }

  @Override
  public void step(Batch batch, StepResult result) {
    model.step(batch, result);
    float[][] rows = new float[batch.logitCount()][];
    for (int i = 0; i < rows.length; i++) {
      int next = 0;
      while (result.logits()[i * VOCAB + next] == 0) {
        next++;
      }
      rows[i] = logits[next];
      if (batch.hostLogits(i)) {
        System.arraycopy(rows[i], 0, result.logits(), i * VOCAB, VOCAB);
      } else {
        Arrays.fill(result.logits(), i * VOCAB, (i + 1) * VOCAB, Float.NaN);
      }
    }
    if (chooses) {
      choose(batch, rows, result);
    }
  }

  private void choose(Batch batch, float[][] rows, StepResult result) {
    Choices choices = batch.choices();
    for (int i = 0; i < choices.clearedCount(); i++) {
      Arrays.fill(outputs[choices.clearedSlot(i)], -1);
    }
    for (int i = 0; i < choices.entryCount(); i++) {
      int[] slot = outputs[choices.entrySlot(i)];
      assertThat(slot[choices.entryToken(i)]).as("entered once").isEqualTo(-1);
      slot[choices.entryToken(i)] = choices.entryOutputs(i);
    }
    if (choices.maskCount() > 0) {
      choices.awaitMasks();
    }
    Set<Integer> slots = new HashSet<>();
    for (int choice = 0; choice < choices.count(); choice++) {
      int slot = choices.slot(choice);
      assertThat(slot == Choices.NO_SLOT || slots.add(slot)).as("one choice a slot").isTrue();
      assertThat(batch.hostLogits(choices.logitIndex(choice))).isFalse();
      choose(choices, choice, rows[choices.logitIndex(choice)], result);
    }
  }

  private void choose(Choices choices, int choice, float[] row, StepResult result) {
    int slot = choices.slot(choice);
    int[] seen = slot == Choices.NO_SLOT ? new int[VOCAB] : outputs[slot];
    if (slot == Choices.NO_SLOT) {
      Arrays.fill(seen, -1);
    }
    int mask = choices.mask(choice);
    int maskFrom = mask == Choices.NO_MASK ? -1 : mask * choices.maskWords();
    ChoiceParams params = choices.params(choice);
    int token =
        new PlainChoice(params, row, choices.maskBits(), maskFrom, seen)
            .choose(choices.uniform(choice));
    result.tokens()[choice] = token;
    chosen++;
    if (token >= 0) {
      seen[token] = Math.max(0, seen[token]) + 1;
      if (params.logprobs() != ChoiceParams.NO_LOGPROBS) {
        report(row, choice, token, params.logprobs(), result);
      }
    }
  }

  private static void report(float[] row, int choice, int token, int top, StepResult result) {
    double[] raw = new double[VOCAB];
    Arrays.setAll(raw, id -> row[id]);
    double max = Arrays.stream(raw).max().orElseThrow();
    double total = max + Math.log(Arrays.stream(raw).map(x -> Math.exp(x - max)).sum());
    Integer[] order = PlainChoice.sorted(raw);
    result.logprobs()[choice] = Double.isFinite(max) ? (float) (raw[token] - total) : (float) max;
    result.ranks()[choice] = Arrays.asList(order).indexOf(token) + 1;
    for (int i = 0; i < top; i++) {
      result.topIds()[choice * StepResult.MAX_LOGPROBS + i] = order[i];
      result.topLogprobs()[choice * StepResult.MAX_LOGPROBS + i] = (float) (raw[order[i]] - total);
    }
  }

  @Override
  public ModelConfig config() {
    return model.config();
  }

  @Override
  public CacheSpec cacheSpec() {
    return model.cacheSpec();
  }

  @Override
  public long workspaceBytes(int maxRows, int maxLogitRows) {
    return 0;
  }

  @Override
  public void allocate(int pages, int maxRows, int maxLogitRows) {
    model.allocate(pages, maxRows, maxLogitRows);
  }

  @Override
  public void copyPage(int from, int to) {
    model.copyPage(from, to);
  }

  @Override
  public void close() {
    model.close();
  }
}
