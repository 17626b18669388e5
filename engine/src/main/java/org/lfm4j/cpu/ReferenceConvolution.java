package org.lfm4j.cpu;

import static org.lfm4j.cpu.ReferenceMath.linear;

import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;

/**
 * The gated short convolution of a layer:
 *
 * <pre>
 * [B | C | x] = in_proj(a)
 * u = B * x
 * v[t] = sum over k of w[k] * u[t - (L-1) + k]     u before the sequence is 0, k = L-1 is this token
 * out = out_proj(C * v)
 * </pre>
 *
 * <p>Source: {@code Lfm2ShortConv} of transformers; LFM2 technical report, arXiv 2511.23404.
 */
final class ReferenceConvolution {
  private final Checkpoint weights;
  private final ModelConfig config;

  ReferenceConvolution(Checkpoint weights) {
    this.weights = weights;
    this.config = weights.config();
  }

  /**
   * Mixes a chunk with the columns before it.
   *
   * @param prefix weight names up to and including {@code conv.}
   * @param a normed input [T][H]
   * @param columns state [L-1][H], updated
   * @return [T][H]
   */
  float[][] apply(String prefix, float[][] a, float[][] columns) {
    int hidden = config.hiddenSize();
    float[] taps = weights.tensor(prefix + "conv.weight").floats();
    float[] bias =
        config.convBias() ? weights.tensor(prefix + "conv.bias").floats() : new float[hidden];
    float[][] projected = project(prefix + "in_proj", a);
    float[][] gated = new float[a.length][hidden];
    for (int t = 0; t < a.length; t++) {
      float[] bcx = projected[t];
      for (int d = 0; d < hidden; d++) {
        float u = bcx[d] * bcx[2 * hidden + d];
        float v = bias[d] + convolve(taps, d, columns, u);
        gated[t][d] = bcx[hidden + d] * v;
      }
    }
    return project(prefix + "out_proj", gated);
  }

  /** Convolves one channel at one token and moves that channel's columns on by one. */
  private float convolve(float[] taps, int channel, float[][] columns, float u) {
    int length = config.convLength();
    float v = taps[channel * length + length - 1] * u;
    for (int k = 0; k < length - 1; k++) {
      v += taps[channel * length + k] * columns[k][channel];
      columns[k][channel] = k + 1 < length - 1 ? columns[k + 1][channel] : u;
    }
    return v;
  }

  private float[][] project(String name, float[][] x) {
    return config.convBias()
        ? linear(weights.tensor(name + ".weight"), weights.tensor(name + ".bias"), x)
        : linear(weights.tensor(name + ".weight"), x);
  }
}
