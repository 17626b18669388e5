package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;

/**
 * A model that is nothing but its cache: the next token is a hash of all keys that the page table
 * leads to and of the convolution state, so that a wrong page, a stale state or a lost token
 * changes what comes out. {@link #continuation} says what must come out.
 */
final class TracingRunner implements Runner {
  static final int VOCAB = 97;

  /** A prompt that holds this token makes every step with it fail. */
  static final int POISON = 96;

  private final int pageTokens;
  private long[] keys = {};
  private long[] states = {};
  private int[] batchSizes = {};
  private final List<Integer> order = new ArrayList<>();
  boolean closed;

  /** Consulted before each step; may throw, or leave garbage behind by returning true first. */
  Runnable beforeStep = () -> {};

  /** Says what a token in a batch stands for. */
  IntUnaryOperator tokens = token -> token;

  TracingRunner(int pageTokens) {
    this.pageTokens = pageTokens;
  }

  @Override
  public ModelConfig config() {
    return config(VOCAB);
  }

  /** Returns a shape of which nothing but the vocabulary matters. */
  static ModelConfig config(int vocabSize) {
    return new ModelConfig(
        "lfm2",
        vocabSize,
        64,
        List.of(LayerKind.CONV, LayerKind.ATTENTION),
        1,
        1,
        64,
        64,
        3,
        false,
        1e-5f,
        1e6,
        1 << 20,
        true,
        Optional.empty(),
        1,
        7,
        0);
  }

  @Override
  public CacheSpec cacheSpec() {
    return new CacheSpec(pageTokens, 8L * pageTokens, 8);
  }

  @Override
  public long workspaceBytes(int maxRows, int maxLogitRows) {
    return 0;
  }

  @Override
  public void allocate(int pages, int maxRows, int maxLogitRows) {
    keys = new long[pages * pageTokens];
    states = new long[pages];
    Arrays.fill(keys, 0xdeadL);
    Arrays.fill(states, 0xdeadL);
  }

  @Override
  public void step(Batch batch, StepResult result) {
    beforeStep.run();
    batchSizes = Arrays.copyOf(batchSizes, batchSizes.length + 1);
    batchSizes[batchSizes.length - 1] = batch.rows();
    Arrays.fill(result.logits(), 0, batch.logitCount() * VOCAB, 0);
    int wanted = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int start = batch.start(s);
      long state = start == 0 ? 0 : states[batch.page(s, (start - 1) / pageTokens)];
      for (int row = batch.firstRow(s); row < batch.firstRow(s + 1); row++) {
        int token = tokens.applyAsInt(batch.token(row));
        if (token == POISON) {
          throw new IllegalStateException("poison token in row " + row);
        }
        int position = start + row - batch.firstRow(s);
        if (position == 0) {
          order.add(token);
        }
        int page = batch.page(s, position / pageTokens);
        keys[page * pageTokens + position % pageTokens] = key(token, position);
        state = nextState(state, token);
        states[page] = state;
        if (wanted < batch.logitCount() && batch.logitRow(wanted) == row) {
          int next = next(attend(batch, s, position), state);
          result.logits()[wanted++ * VOCAB + next] = 1;
        }
      }
    }
  }

  private long attend(Batch batch, int sequence, int position) {
    long sum = 0;
    for (int i = 0; i <= position; i++) {
      sum += keys[batch.page(sequence, i / pageTokens) * pageTokens + i % pageTokens];
    }
    return sum;
  }

  /** The state remembers two tokens, as that of a short convolution does. */
  private static long nextState(long state, int token) {
    return (state << 32 | (token + 1)) & 0x0000ffff_0000ffffL;
  }

  private static long key(int token, int position) {
    return mix(token * 1_000_003L + position);
  }

  private static int next(long attended, long state) {
    return (int) Math.floorMod(mix(attended ^ mix(state)), (long) POISON);
  }

  private static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  /** What greedy decoding must give for a prompt that is alone in the world. */
  static int[] continuation(int[] prompt, int tokens) {
    int[] all = Arrays.copyOf(prompt, prompt.length + tokens);
    long attended = 0;
    long state = 0;
    for (int i = 0; i < all.length; i++) {
      if (i >= prompt.length) {
        all[i] = next(attended, state);
      }
      attended += key(all[i], i);
      state = nextState(state, all[i]);
    }
    return Arrays.copyOfRange(all, prompt.length, all.length);
  }

  /** Returns the rows of each step so far. */
  int[] batchSizes() {
    return batchSizes;
  }

  /** Returns the first tokens of the sequences, in the order in which they began. */
  List<Integer> order() {
    return order;
  }

  @Override
  public void copyPage(int from, int to) {
    System.arraycopy(keys, from * pageTokens, keys, to * pageTokens, pageTokens);
    states[to] = states[from];
  }

  @Override
  public void close() {
    closed = true;
  }
}
