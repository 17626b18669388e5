package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.runner.Batch;

class AttentionTileTest {
  /** Positions that begin, end and cross pages; groups of 1 to 4; head widths of odd size too. */
  @ParameterizedTest
  @CsvSource({
    "1, 64, 0, 1",
    "2, 64, 0, 16",
    "2, 64, 5, 1",
    "3, 64, 60, 7",
    "4, 64, 63, 1",
    "4, 64, 64, 16",
    "2, 16, 130, 5",
    "1, 20, 127, 3",
    "3, 33, 50, 16",
    "2, 128, 200, 9",
    "1, 1, 3, 2"
  })
  void isSoftmaxOfAllEarlierKeys(int group, int dim, int position, int tokens) {
    HeadShape shape = new HeadShape(2 * group, 2, dim);
    int total = position + tokens;
    float[] all = Numbers.random(total * shape.qkvColumns(), dim);
    float[][] pages = new float[total / HeadShape.PAGE + 1][shape.pageSize()];
    for (float[] page : pages) {
      Arrays.fill(page, Float.NaN); // a page may hold anything where no token has been stored
    }
    for (int t = 0; t < total; t++) {
      int keys = (t * (2 * group + 4) + 2 * group) * dim;
      for (int h = 0; h < 2; h++) {
        shape.store(pages[t / HeadShape.PAGE], h, t, all, keys + h * dim, keys + (2 + h) * dim);
      }
    }
    float[] out = new float[tokens * 2 * group * dim];
    Batch batch = new Batch(1, 1);
    batch.addSequence(position, IntStream.range(0, pages.length).toArray(), pages.length);
    AttentionTile tile = new AttentionTile(shape);
    int at = position * shape.qkvColumns();
    for (int h = 0; h < 2; h++) {
      tile.attend(all, at, position, tokens, h, batch, 0, pages, out, 0);
    }
    for (int t = 0; t < tokens; t++) {
      for (int head = 0; head < 2 * group; head++) {
        double[] expected = expected(shape, all, position + t, head);
        for (int d = 0; d < dim; d++) {
          // Scores of size sqrt(dim) with dim roundings each, then sums of weights below 1.
          assertThat((double) out[(t * 2 * group + head) * dim + d])
              .isCloseTo(
                  expected[d], within(4 * (dim + 64) * Numbers.UNIT * Math.sqrt(dim) + 2e-6));
        }
      }
    }
  }

  private static double[] expected(HeadShape shape, float[] all, int position, int head) {
    int dim = shape.dim();
    int columns = shape.qkvColumns();
    int query = position * columns + head * dim;
    int key = (shape.heads() + head / shape.group()) * dim;
    int value = key + shape.kvHeads() * dim;
    double[] scores = new double[position + 1];
    for (int s = 0; s <= position; s++) {
      for (int d = 0; d < dim; d++) {
        scores[s] += (double) all[query + d] * all[s * columns + key + d];
      }
    }
    double most = Arrays.stream(scores).max().orElseThrow();
    double total = Arrays.stream(scores).map(s -> Math.exp(s - most)).sum();
    double[] out = new double[dim];
    for (int s = 0; s <= position; s++) {
      for (int d = 0; d < dim; d++) {
        out[d] += Math.exp(scores[s] - most) / total * all[s * columns + value + d];
      }
    }
    return out;
  }
}
