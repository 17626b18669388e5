package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShortConvTest {
  private static final int TOKENS = 9;

  @ParameterizedTest
  @CsvSource({"1, 3", "5, 3", "64, 3", "207, 3", "64, 4", "64, 1"})
  void convolvesOverTheWholePastWhateverTheChunks(int hidden, int length) {
    float[] taps = Numbers.random(length * hidden, 1);
    float[] bias = Numbers.random(hidden, 2);
    float[] bcx = Numbers.random(TOKENS * 3 * hidden, 3);
    for (int chunk : new int[] {1, 2, 3, 7, TOKENS}) {
      float[] state = new float[(length - 1) * hidden];
      for (int start = 0; start < TOKENS; start += chunk) {
        int n = Math.min(chunk, TOKENS - start);
        float[] part = new float[n * 3 * hidden];
        System.arraycopy(bcx, start * 3 * hidden, part, 0, part.length);
        float[] out = new float[n * hidden];
        int cut = hidden / 2;
        ShortConv.apply(part, 0, n, hidden, 0, cut, taps, bias, state, state, out);
        ShortConv.apply(part, 0, n, hidden, cut, hidden, taps, bias, state, state, out);
        for (int i = 0; i < out.length; i++) {
          double expected = expected(bcx, start + i / hidden, i % hidden, hidden, taps, bias);
          assertThat((double) out[i]).as("chunk %d", chunk).isCloseTo(expected, within(2e-5));
        }
      }
    }
  }

  private static double expected(
      float[] bcx, int t, int channel, int hidden, float[] taps, float[] bias) {
    int length = taps.length / hidden;
    double sum = bias[channel];
    for (int tap = 0; tap < length; tap++) {
      int source = t - (length - 1) + tap;
      if (source >= 0) {
        int at = source * 3 * hidden + channel;
        sum += (double) taps[tap * hidden + channel] * bcx[at] * bcx[at + 2 * hidden];
      }
    }
    return sum * bcx[t * 3 * hidden + hidden + channel];
  }
}
