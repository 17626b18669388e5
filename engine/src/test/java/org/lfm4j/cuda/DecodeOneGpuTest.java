package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.RandomCheckpoint;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.runner.SingleSequence;

/** The kernel for single tokens beside the portable operators, with the same random weights. */
@Tag("gpu")
class DecodeOneGpuTest {
  private static final int VOCAB = 512;

  /** Logits differ by BF16 roundings that fall the other way. */
  private static final double ROUNDING = 2e-2;

  /** A near-tie of experts that falls the other way moves a token's logits by more. */
  private static final double OTHER_EXPERTS = 0.5;

  private static final String DENSE =
      """
      {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", "vocab_size": 512,
       "hidden_size": 2048, "num_hidden_layers": 5, "num_attention_heads": 32,
       "num_key_value_heads": 8, "intermediate_size": 1088, "block_auto_adjust_ff_dim": false,
       "conv_L_cache": 3, "max_position_embeddings": 4096, "rope_theta": 1000000.0,
       "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
       "layer_types": ["conv", "conv", "full_attention", "conv", "full_attention"]}
      """;

  private static String experts(int experts, int width) {
    return """
    {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", "vocab_size": 512,
     "hidden_size": 2048, "num_hidden_layers": 4, "num_attention_heads": 32,
     "num_key_value_heads": 8, "intermediate_size": 1024, "moe_intermediate_size": %d,
     "num_experts": %d, "num_experts_per_tok": 4, "num_dense_layers": 1, "conv_L_cache": 3,
     "use_expert_bias": true, "max_position_embeddings": 4096,
     "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
     "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
     "layer_types": ["conv", "conv", "full_attention", "conv"]}
    """
        .formatted(width, experts);
  }

  private static ModelConfig config(String json) {
    return ModelConfigReader.parse("config.json", json);
  }

  /** Errors of the logits of each step of one row, and of the chunk that follows. */
  private static List<Double> errors(Checkpoint checkpoint, int prompt, int steps) {
    int[] tokens = new Random(4).ints(prompt + steps + 3, 0, VOCAB).toArray();
    float[][] expected = logits(checkpoint, tokens, prompt, steps, true);
    float[][] got = logits(checkpoint, tokens, prompt, steps, false);
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < got.length; i++) {
      errors.add(error(got[i], expected[i]));
    }
    return errors;
  }

  private static float[][] logits(
      Checkpoint checkpoint, int[] tokens, int prompt, int steps, boolean portable) {
    ModelConfig config = checkpoint.config();
    Device device = Cuda.require().device(0);
    assumeTrue(DecodeOneShape.fits(device), "the kernel is for other GPUs");
    assertThat(DecodeOneShape.fits(config)).isTrue();
    Context context = device.open();
    DeviceWeights weights = DeviceWeights.upload(context, checkpoint, sent -> {});
    try (CudaRunner runner =
        new CudaRunner(context, config, weights, KernelCache.ofUser(), portable)) {
      int pages = runner.cacheSpec().pagesFor(tokens.length);
      runner.allocate(pages + 3, Math.max(3, prompt), 1);
      SingleSequence sequence = new SingleSequence(runner, 3, tokens.length);
      float[][] logits = new float[steps + 1][VOCAB];
      if (prompt > 0) {
        sequence.forward(tokens, 0, prompt, new float[VOCAB]);
      }
      for (int i = 0; i < steps; i++) {
        sequence.forward(tokens, prompt + i, prompt + i + 1, logits[i]);
      }
      sequence.forward(tokens, prompt + steps, tokens.length, logits[steps]);
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

  /** The first tokens, the end of a page, the first split context, and splits of several pages. */
  @ParameterizedTest
  @CsvSource({"0, 5", "62, 5", "254, 5", "1500, 3"})
  void logitsAreThoseOfTheOperators(int prompt, int steps) {
    try (Checkpoint checkpoint = new RandomCheckpoint(config(DENSE), 5)) {
      assertThat(errors(checkpoint, prompt, steps))
          .allSatisfy(e -> assertThat(e).isLessThan(ROUNDING));
    }
  }

  /** Experts whose input fills slots of the kernel's ring, and others that leave some empty. */
  @ParameterizedTest
  @CsvSource({"64, 512", "64, 64", "32, 192", "32, 832"})
  void logitsBehindExpertsAreThoseOfTheOperators(int experts, int width) {
    try (Checkpoint checkpoint = new FixedChoice(config(experts(experts, width)), 5)) {
      assertThat(errors(checkpoint, 62, 5)).allSatisfy(e -> assertThat(e).isLessThan(ROUNDING));
    }
  }

  /** Little work, for a sanitizer. */
  @Test
  @Tag("sanitizer")
  void aFewStepsAreThoseOfTheOperators() {
    try (Checkpoint checkpoint = new FixedChoice(config(experts(64, 64)), 5)) {
      assertThat(errors(checkpoint, 62, 3)).allSatisfy(e -> assertThat(e).isLessThan(ROUNDING));
    }
  }

  /** It ends, and leaves nothing that the next sequence on its pages could see. */
  @Test
  void aNanPassesThrough() {
    int bad = 17;
    try (Checkpoint random = new FixedChoice(config(experts(64, 64)), 5);
        CudaRunner runner = CudaRunnerGpuTest.open(FaultGpuTest.withBadToken(random, bad), false)) {
      assumeTrue(DecodeOneShape.fits(Cuda.require().device(0)), "the kernel is for other GPUs");
      runner.allocate(2, 64, 1);
      float[][] before = steps(runner, 1, 2, 3);
      float[][] failing = steps(runner, 1, bad, 2, 3, 4);
      float[][] after = steps(runner, 1, 2, 3);
      assertThat(failing[1]).contains(Float.NaN);
      assertThat(failing[4]).contains(Float.NaN);
      for (int i = 0; i < before.length; i++) {
        assertThat(error(after[i], before[i])).isLessThan(ROUNDING);
      }
    }
  }

  private static float[][] steps(CudaRunner runner, int... tokens) {
    SingleSequence sequence = new SingleSequence(runner, 0, tokens.length);
    float[][] logits = new float[tokens.length][VOCAB];
    for (int i = 0; i < tokens.length; i++) {
      sequence.forward(tokens, i, i + 1, logits[i]);
    }
    return logits;
  }

  @Test
  void aFreeChoiceOfExpertsIsNearlyThatOfTheOperators() {
    try (Checkpoint checkpoint = new RandomCheckpoint(config(experts(64, 192)), 5)) {
      List<Double> errors = errors(checkpoint, 62, 10);
      assertThat(errors).allSatisfy(e -> assertThat(e).isLessThan(OTHER_EXPERTS));
      assertThat(errors).anySatisfy(e -> assertThat(e).isLessThan(ROUNDING));
    }
  }
}
