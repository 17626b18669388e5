package org.lfm4j.cpu;

import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;

/**
 * The tokens that go through the layers together, and all memory that takes: planned once for the
 * longest block, reused for every block.
 */
final class Block {
  /** Most tokens in a block: enough for each weight to be used often, few enough for the caches. */
  static final int MOST_TOKENS = 256;

  final WorkerPool pool;

  /** Forms of activations that this model's matrices want. */
  final Activations.Forms forms;

  final Scratch[] scratch;

  /** Residual stream [tokens, hidden]. */
  final float[] hidden;

  /** Activations that a matrix multiplies next. */
  final Activations packed;

  /** What a first projection makes: [B | C | x], [q | k | v], or the gate of the feed-forward. */
  final float[] wide;

  /** The other half of the feed-forward, or what the mixer makes. */
  final float[] second;

  /** Rotary angles [tokens, dim]. */
  final float[] angles;

  /** Position of each token in its sequence. */
  final int[] position = new int[MOST_TOKENS];

  /** Index in the batch of each token's sequence. */
  final int[] sequence = new int[MOST_TOKENS];

  /** Row of the batch that is the first token. */
  int firstRow;

  /** Tokens in the block now. */
  int tokens;

  Block(WorkerPool pool, ModelConfig config, Activations.Forms forms) {
    HeadShape heads = HeadShape.of(config);
    int h = config.hiddenSize();
    int f = config.intermediateSize();
    int mixed = Math.max(h, heads.heads() * heads.dim());
    this.pool = pool;
    this.forms = forms;
    scratch = Scratch.forWorkers(pool.threads(), MOST_TOKENS, h, heads);
    hidden = new float[MOST_TOKENS * h];
    packed = new Activations(forms, Activations.padded(MOST_TOKENS) * Simd.pad(Math.max(mixed, f)));
    wide = new float[MOST_TOKENS * Math.max(Math.max(3 * h, f), heads.qkvColumns())];
    second = new float[MOST_TOKENS * Math.max(mixed, f)];
    angles = new float[MOST_TOKENS * heads.dim()];
  }

  /** Returns the bytes of all this memory. */
  long bytes() {
    long floats = (long) hidden.length + wide.length + second.length + angles.length;
    for (Scratch one : scratch) {
      floats += one.floats();
    }
    return packed.bytes() + floats * Float.BYTES;
  }

  /** Takes the rows of a batch from one on, as many as there is room for. */
  void fill(Batch batch, int row) {
    firstRow = row;
    tokens = Math.min(MOST_TOKENS, batch.rows() - row);
    int s = 0;
    for (int t = 0; t < tokens; t++) {
      while (batch.firstRow(s + 1) <= row + t) {
        s++;
      }
      sequence[t] = s;
      position[t] = batch.start(s) + row + t - batch.firstRow(s);
    }
  }

  /**
   * Returns how many tokens from this one on belong to its sequence and do not cross a multiple of
   * {@code size} in its positions.
   */
  int run(int token, int size) {
    int end = Math.min(tokens, token + size - position[token] % size);
    int next = token + 1;
    while (next < end && sequence[next] == sequence[token]) {
      next++;
    }
    return next - token;
  }
}
