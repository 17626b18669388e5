package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.runner.SingleSequence;

/** The kernel for single tokens beside the portable operators, with the same dummy weights. */
@Tag("gpu")
class DecodeOneGpuTest {
  private static final int VOCAB = 4096;
  private static final String DENSE =
      """
      {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", "vocab_size": 4096,
       "hidden_size": 2048, "num_hidden_layers": 5, "num_attention_heads": 32,
       "num_key_value_heads": 8, "intermediate_size": 8192, "block_auto_adjust_ff_dim": false,
       "conv_L_cache": 3, "max_position_embeddings": 4096, "rope_theta": 1000000.0,
       "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
       "layer_types": ["conv", "conv", "full_attention", "conv", "full_attention"]}
      """;

  private static String experts(int experts, int width, int dense) {
    return """
    {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", "vocab_size": 4096,
     "hidden_size": 2048, "num_hidden_layers": 4, "num_attention_heads": 32,
     "num_key_value_heads": 8, "intermediate_size": %d, "moe_intermediate_size": %d,
     "num_experts": %d, "num_experts_per_tok": 4, "num_dense_layers": 1, "conv_L_cache": 3,
     "use_expert_bias": true, "max_position_embeddings": 4096,
     "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
     "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
     "layer_types": ["conv", "conv", "full_attention", "conv"]}
    """
        .formatted(dense, width, experts);
  }

  /** Errors of the logits of each step of one row, and of the chunk that follows. */
  private static List<Double> errors(String json, int prompt, int steps) {
    int[] tokens = new Random(4).ints(prompt + steps + 3, 0, VOCAB).toArray();
    float[][] expected = logits(json, tokens, prompt, steps, true);
    float[][] got = logits(json, tokens, prompt, steps, false);
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < got.length; i++) {
      errors.add(error(got[i], expected[i]));
    }
    return errors;
  }

  private static float[][] logits(
      String json, int[] tokens, int prompt, int steps, boolean portable) {
    ModelConfig config = ModelConfigReader.parse("config.json", json);
    Device device = Cuda.require().device(0);
    assumeTrue(DecodeOneShape.fits(device), "the kernel is for other GPUs");
    assertThat(DecodeOneShape.fits(config)).isTrue();
    Context context = device.open();
    DeviceWeights weights = DeviceWeights.dummy(context, config, KernelCache.ofUser(), 5);
    try (CudaRunner runner =
        new CudaRunner(context, config, weights, KernelCache.ofUser(), portable)) {
      int pages = runner.cacheSpec().pagesFor(tokens.length);
      runner.allocate(pages + 3, Math.max(1, prompt), 1);
      SingleSequence sequence = new SingleSequence(runner, 3, tokens.length);
      float[][] logits = new float[steps + 1][VOCAB];
      if (prompt > 0) {
        sequence.forward(tokens, 0, prompt, new float[VOCAB]);
      }
      for (int i = 0; i < steps; i++) {
        sequence.forward(tokens, prompt + i, prompt + i + 1, logits[i]);
      }
      for (int i = prompt + steps; i < tokens.length; i += Math.max(1, Math.min(3, prompt))) {
        int to = Math.min(tokens.length, i + Math.max(1, Math.min(3, prompt)));
        sequence.forward(tokens, i, to, logits[steps]);
      }
      return logits;
    }
  }

  private static double error(float[] got, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < got.length; i++) {
      double d = (double) got[i] - expected[i];
      difference += d * d;
      norm += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }

  @Test
  void logitsFromTheFirstTokenOnAreThoseOfTheOperators() {
    assertThat(errors(DENSE, 0, 4)).allSatisfy(e -> assertThat(e).isLessThan(2e-2));
  }

  @Test
  void logitsAcrossTheEndOfAPageAreThoseOfTheOperators() {
    assertThat(errors(DENSE, 62, 5)).allSatisfy(e -> assertThat(e).isLessThan(2e-2));
  }

  @Test
  void logitsOfASplitContextAreThoseOfTheOperators() {
    assertThat(errors(DENSE, 254, 5)).allSatisfy(e -> assertThat(e).isLessThan(2e-2));
    assertThat(errors(DENSE, 1500, 3)).allSatisfy(e -> assertThat(e).isLessThan(2e-2));
  }

  /**
   * A near-tie of experts may fall either way and moves the logits by more than rounding does: that
   * may happen to some of the steps, but not to most.
   */
  @Test
  void logitsBehindExpertsAreThoseOfTheOperators() {
    assertMedian(errors(experts(64, 1536, 11776), 62, 10));
    assertMedian(errors(experts(32, 1792, 7168), 62, 10));
  }

  private static void assertMedian(List<Double> errors) {
    assertThat(errors).allSatisfy(e -> assertThat(e).isLessThan(0.3));
    List<Double> sorted = new ArrayList<>(errors);
    Collections.sort(sorted);
    assertThat(sorted.get(sorted.size() / 2)).as("median of %s", errors).isLessThan(2e-2);
  }
}
