package org.lfm4j.cpu;

import static org.lfm4j.cpu.ReferenceMath.dot;
import static org.lfm4j.cpu.ReferenceMath.linear;
import static org.lfm4j.cpu.ReferenceMath.rmsNorm;
import static org.lfm4j.cpu.ReferenceMath.softmax;

import java.util.Arrays;
import java.util.List;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;

/**
 * Causal grouped-query attention of a layer: queries and keys are normed per head, then rotated;
 * query head h reads key-value head h / (heads / kvHeads).
 *
 * <p>Source: {@code Lfm2Attention} of transformers; GQA, arXiv 2305.13245; rotary embedding, arXiv
 * 2104.09864, in the form that pairs element j with j + D/2.
 */
final class ReferenceAttention {
  private final Checkpoint weights;
  private final ModelConfig config;
  private final float[] frequencies;

  ReferenceAttention(Checkpoint weights) {
    this.weights = weights;
    this.config = weights.config();
    this.frequencies = RotaryFrequencies.of(config.ropeTheta(), config.headDim());
  }

  /**
   * Attends from a chunk to itself and to everything before it.
   *
   * @param prefix weight names up to and including {@code self_attn.}
   * @param a normed input [T][H]
   * @param keys of the tokens before the chunk; receives the chunk's
   * @param values of the tokens before the chunk; receives the chunk's
   * @return [T][H]
   */
  float[][] apply(String prefix, float[][] a, List<float[]> keys, List<float[]> values) {
    int start = keys.size();
    float[][] q = linear(weights.tensor(prefix + "q_proj.weight"), a);
    float[][] k = linear(weights.tensor(prefix + "k_proj.weight"), a);
    float[][] v = linear(weights.tensor(prefix + "v_proj.weight"), a);
    float[] queryNorm = weights.tensor(prefix + "q_layernorm.weight").floats();
    float[] keyNorm = weights.tensor(prefix + "k_layernorm.weight").floats();
    float[][] mixed = new float[a.length][];
    for (int t = 0; t < a.length; t++) {
      normAndRotateHeads(q[t], queryNorm, start + t);
      normAndRotateHeads(k[t], keyNorm, start + t);
      keys.add(k[t]);
      values.add(v[t]);
      mixed[t] = attend(q[t], keys, values);
    }
    return linear(weights.tensor(prefix + "out_proj.weight"), mixed);
  }

  private void normAndRotateHeads(float[] heads, float[] norm, int position) {
    int dim = config.headDim();
    for (int from = 0; from < heads.length; from += dim) {
      float[] head = rmsNorm(Arrays.copyOfRange(heads, from, from + dim), norm, config.normEps());
      System.arraycopy(rotate(head, position), 0, heads, from, dim);
    }
  }

  private float[] rotate(float[] head, int position) {
    int half = head.length / 2;
    float[] result = new float[head.length];
    for (int j = 0; j < half; j++) {
      // The angle is rounded to FP32 as in transformers: at long positions that is visible.
      float angle = position * frequencies[j];
      float cos = (float) Math.cos(angle);
      float sin = (float) Math.sin(angle);
      result[j] = head[j] * cos - head[j + half] * sin;
      result[j + half] = head[j + half] * cos + head[j] * sin;
    }
    return result;
  }

  /** Mixes the values of all tokens for one query: [heads * D]. */
  private float[] attend(float[] query, List<float[]> keys, List<float[]> values) {
    int dim = config.headDim();
    int group = config.numHeads() / config.numKvHeads();
    float scale = (float) (1 / Math.sqrt(dim));
    float[] result = new float[query.length];
    for (int head = 0; head < config.numHeads(); head++) {
      int from = head / group * dim;
      float[] q = Arrays.copyOfRange(query, head * dim, (head + 1) * dim);
      float[] scores = new float[keys.size()];
      for (int s = 0; s < scores.length; s++) {
        scores[s] = scale * dot(q, Arrays.copyOfRange(keys.get(s), from, from + dim));
      }
      softmax(scores);
      for (int s = 0; s < scores.length; s++) {
        for (int d = 0; d < dim; d++) {
          result[head * dim + d] += scores[s] * values.get(s)[from + d];
        }
      }
    }
    return result;
  }
}
