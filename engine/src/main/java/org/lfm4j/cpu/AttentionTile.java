package org.lfm4j.cpu;

import static org.lfm4j.cpu.HeadShape.PAGE;
import static org.lfm4j.cpu.Simd.LANES;

import java.util.Arrays;
import org.lfm4j.runner.Batch;

/**
 * Causal attention of a tile of queries that share a key-value head, one page of keys after the
 * other with a running softmax (Dao et al., FlashAttention, 2022).
 *
 * <p>Pages begin at fixed positions and each query's sums are its own, so a query's result does not
 * depend on which queries came with it.
 */
final class AttentionTile {
  /** Most tokens in a tile. */
  static final int TOKENS = 16;

  /** Floats that the inner loop carries for each query: four vectors. */
  static final int RUN = 4 * LANES;

  private final HeadShape shape;
  private final int dim;
  private final int group;
  private final int paddedDim;
  // One row more than there are queries: the partner of the last one of an odd number.
  private final float[] scores;
  private final float[] output;
  private final float[] most;
  private final float[] total;
  private final float[] lanes = new float[LANES];

  AttentionTile(HeadShape shape) {
    this.shape = shape;
    this.dim = shape.dim();
    this.group = shape.group();
    this.paddedDim = shape.paddedDim();
    int rows = TOKENS * group + 1;
    scores = new float[rows * PAGE];
    output = new float[rows * paddedDim];
    most = new float[rows];
    total = new float[rows];
  }

  /** Returns the size of its memory. */
  long floats() {
    return (long) scores.length + output.length + most.length + total.length + lanes.length;
  }

  /**
   * Computes the attention of {@code tokens} consecutive tokens for one key-value head.
   *
   * @param qkv query, key and value rows; queries normed, rotated and scaled
   * @param at first token's row in {@code qkv}
   * @param position of the first token in its sequence
   * @param tokens at most {@link #TOKENS}
   * @param batch knows the pages of the sequence, which are filled up to the last token
   * @param sequence index of the sequence in the batch
   * @param pages all pages of this layer
   * @param out rows of {@code heads * dim}
   * @param outAt first token's row in {@code out}
   */
  void attend(
      float[] qkv,
      int at,
      int position,
      int tokens,
      int kvHead,
      Batch batch,
      int sequence,
      float[][] pages,
      float[] out,
      int outAt) {
    int rows = tokens * group;
    Arrays.fill(output, 0, rows * paddedDim, 0f);
    Arrays.fill(most, 0, rows, Float.NEGATIVE_INFINITY);
    Arrays.fill(total, 0, rows, 0f);
    int last = position + tokens - 1;
    for (int start = 0; start <= last; start += PAGE) {
      float[] page = pages[batch.page(sequence, start / PAGE)];
      int firstRow = Math.max(0, start - position) * group;
      for (int row = firstRow; row < rows; row += 2) {
        pair(qkv, at, position - start, row, rows, kvHead, page);
      }
    }
    for (int row = 0; row < rows; row++) {
      int to = outAt + row / group * shape.heads() * dim + (kvHead * group + row % group) * dim;
      float scale = 1 / total[row];
      for (int i = 0; i < dim; i++) {
        out[to + i] = output[row * paddedDim + i] * scale;
      }
    }
  }

  /** Takes two queries (or the last one and a spare row) through one page. */
  private void pair(
      float[] qkv, int at, int position, int row, int rows, int kvHead, float[] page) {
    boolean two = row + 1 < rows;
    int partner = two ? row + 1 : rows;
    int query = query(at, row, kvHead);
    int partnerQuery = two ? query(at, partner, kvHead) : query;
    int keys = kvHead * shape.pageHead();
    int scoresAt = row * PAGE;
    int partnerScores = partner * PAGE;
    Arrays.fill(scores, scoresAt, scoresAt + PAGE, 0f);
    Arrays.fill(scores, partnerScores, partnerScores + PAGE, 0f);
    Elementwise.twoRows(
        qkv, query, partnerQuery, dim, page, keys, PAGE, scores, scoresAt, partnerScores);
    int valid = Math.min(PAGE, position + row / group + 1);
    softmax(row, valid);
    if (two) {
      int partnerValid = Math.min(PAGE, position + partner / group + 1);
      softmax(partner, partnerValid);
      valid = Math.max(valid, partnerValid);
    }
    int values = keys + PAGE * dim;
    Elementwise.twoRows(
        scores,
        scoresAt,
        partnerScores,
        valid,
        page,
        values,
        paddedDim,
        output,
        row * paddedDim,
        partner * paddedDim);
  }

  private int query(int at, int row, int kvHead) {
    return at + row / group * shape.qkvColumns() + (kvHead * group + row % group) * dim;
  }

  /** Turns a row's scores into weights and rescales what the row has summed so far. */
  private void softmax(int row, int valid) {
    int at = row * PAGE;
    Arrays.fill(scores, at + valid, at + PAGE, Float.NEGATIVE_INFINITY);
    float before = most[row];
    float now = Math.max(before, Elementwise.greatest(scores, at, PAGE, lanes));
    float sum = Elementwise.weights(scores, at, PAGE, now, lanes);
    float scale = (float) Math.exp(before - now);
    most[row] = now;
    total[row] = total[row] * scale + sum;
    if (scale != 1) {
      for (int i = row * paddedDim; i < (row + 1) * paddedDim; i++) {
        output[i] *= scale;
      }
    }
  }
}
