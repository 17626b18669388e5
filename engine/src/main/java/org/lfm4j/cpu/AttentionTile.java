package org.lfm4j.cpu;

import static org.lfm4j.cpu.HeadShape.PAGE;
import static org.lfm4j.cpu.Simd.FLOATS;
import static org.lfm4j.cpu.Simd.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
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
    for (int k = 0; k < PAGE; k += RUN) {
      multiply(
          qkv,
          query,
          partnerQuery,
          dim,
          page,
          keys + k,
          PAGE,
          scores,
          scoresAt + k,
          partnerScores + k);
    }
    int valid = Math.min(PAGE, position + row / group + 1);
    softmax(row, valid);
    if (two) {
      int partnerValid = Math.min(PAGE, position + partner / group + 1);
      softmax(partner, partnerValid);
      valid = Math.max(valid, partnerValid);
    }
    int values = keys + PAGE * dim;
    for (int d = 0; d < paddedDim; d += RUN) {
      multiply(
          scores,
          scoresAt,
          partnerScores,
          valid,
          page,
          values + d,
          paddedDim,
          output,
          row * paddedDim + d,
          partner * paddedDim + d);
    }
  }

  private int query(int at, int row, int kvHead) {
    return at + row / group * shape.qkvColumns() + (kvHead * group + row % group) * dim;
  }

  /** Turns a row's scores into weights and rescales what the row has summed so far. */
  private void softmax(int row, int valid) {
    int at = row * PAGE;
    Arrays.fill(scores, at + valid, at + PAGE, Float.NEGATIVE_INFINITY);
    float before = most[row];
    float now = Math.max(before, greatest(at));
    float sum = weights(at, now);
    float scale = (float) Math.exp(before - now);
    most[row] = now;
    total[row] = total[row] * scale + sum;
    if (scale != 1) {
      for (int i = row * paddedDim; i < (row + 1) * paddedDim; i++) {
        output[i] *= scale;
      }
    }
  }

  private float greatest(int at) {
    FloatVector greatest = FloatVector.fromArray(FLOATS, scores, at);
    for (int k = LANES; k < PAGE; k += LANES) {
      greatest = greatest.max(FloatVector.fromArray(FLOATS, scores, at + k));
    }
    greatest.intoArray(lanes, 0);
    float most = lanes[0];
    for (int i = 1; i < LANES; i++) {
      most = Math.max(most, lanes[i]);
    }
    return most;
  }

  private float weights(int at, float most) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int k = 0; k < PAGE; k += LANES) {
      FloatVector weight = Simd.exp(FloatVector.fromArray(FLOATS, scores, at + k).sub(most));
      weight.intoArray(scores, at + k);
      sum = sum.add(weight);
    }
    sum.intoArray(lanes, 0);
    return Simd.sum(lanes, 0);
  }

  /** Adds {@code a[i] * b[i, 0 .. RUN)} over i below n, for two rows of a at once. */
  private static void multiply(
      float[] a,
      int a0,
      int a1,
      int n,
      float[] b,
      int bAt,
      int bStride,
      float[] c,
      int c0,
      int c1) {
    FloatVector sum00 = FloatVector.fromArray(FLOATS, c, c0);
    FloatVector sum01 = FloatVector.fromArray(FLOATS, c, c0 + LANES);
    FloatVector sum02 = FloatVector.fromArray(FLOATS, c, c0 + 2 * LANES);
    FloatVector sum03 = FloatVector.fromArray(FLOATS, c, c0 + 3 * LANES);
    FloatVector sum10 = FloatVector.fromArray(FLOATS, c, c1);
    FloatVector sum11 = FloatVector.fromArray(FLOATS, c, c1 + LANES);
    FloatVector sum12 = FloatVector.fromArray(FLOATS, c, c1 + 2 * LANES);
    FloatVector sum13 = FloatVector.fromArray(FLOATS, c, c1 + 3 * LANES);
    int at = bAt;
    for (int i = 0; i < n; i++) {
      FloatVector x0 = FloatVector.broadcast(FLOATS, a[a0 + i]);
      FloatVector x1 = FloatVector.broadcast(FLOATS, a[a1 + i]);
      FloatVector y = FloatVector.fromArray(FLOATS, b, at);
      sum00 = y.fma(x0, sum00);
      sum10 = y.fma(x1, sum10);
      y = FloatVector.fromArray(FLOATS, b, at + LANES);
      sum01 = y.fma(x0, sum01);
      sum11 = y.fma(x1, sum11);
      y = FloatVector.fromArray(FLOATS, b, at + 2 * LANES);
      sum02 = y.fma(x0, sum02);
      sum12 = y.fma(x1, sum12);
      y = FloatVector.fromArray(FLOATS, b, at + 3 * LANES);
      sum03 = y.fma(x0, sum03);
      sum13 = y.fma(x1, sum13);
      at += bStride;
    }
    sum00.intoArray(c, c0);
    sum01.intoArray(c, c0 + LANES);
    sum02.intoArray(c, c0 + 2 * LANES);
    sum03.intoArray(c, c0 + 3 * LANES);
    sum10.intoArray(c, c1);
    sum11.intoArray(c, c1 + LANES);
    sum12.intoArray(c, c1 + 2 * LANES);
    sum13.intoArray(c, c1 + 3 * LANES);
  }
}
