package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.EditedCheckpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;

/**
 * One test for each mistake that other implementations of LFM2 made or make. Most compare two
 * models that are the same by the definition, and differ if the mistake is made.
 *
 * <p>The FFN length and norm name of GGUF files, conv state under speculation, quantised
 * convolution projections, ONNX's softmax operator and LoRA target names belong to parts that lfm4j
 * doesn't have yet. Expert groups (vLLM's routing path) don't occur in LFM2.
 */
class BugTableTest {
  private static final List<RunnerFactory> RUNNERS = RunnerFactory.ALL;
  private static final int[] TOKENS = {3, 17, 8, 8, 29, 0, 11, 25, 4};
  private static final long SEED = 21;

  /** Logits are about 1 and FP32 rounding in these small models is about 1e-6. */
  private static final double SAME = 2e-5;

  private static final double DIFFERENT = 1e-3;
  private static final String MOE = TinyModels.moeConfig(30);
  private static final String DENSE = TinyModels.denseConfig(30);

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void softmaxRouter(RunnerFactory factory) {
    // One expert, router logit 0: sigmoid 0.5 times 2 is 1, a softmax of one would be 1 times 2.
    Checkpoint dense = model(DENSE);
    EditedCheckpoint sparse = asSingleExpert(dense, "false", "2.0", 0);
    assertSame(factory.logits(sparse, TOKENS), factory.logits(dense, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void biasMixedIntoTheWeights(RunnerFactory factory) {
    Checkpoint base = model(MOE);
    // All scores plus one: the choice is the same, and so must the weights be.
    assertSame(
        factory.logits(eachMoeLayer(base, "expert_bias", plus(1)), TOKENS),
        factory.logits(base, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void biasLeftOutOfTheChoice(RunnerFactory factory) {
    Checkpoint base = model(MOE);
    // A bias beyond any sigmoid forces experts 0, 1 and 2: the model of just these three.
    Checkpoint forced =
        eachMoeLayer(
            base,
            "expert_bias",
            old -> {
              Arrays.fill(old, 0, 3, 5);
              Arrays.fill(old, 3, old.length, 0);
              return old;
            });
    EditedCheckpoint three =
        new EditedCheckpoint(config(MOE.replace("\"num_experts\": 8", "\"num_experts\": 3")), base);
    for (int i = 1; i < 4; i++) {
      String prefix = "model.layers.%d.feed_forward.".formatted(i);
      float[] gate = base.tensor(prefix + "gate.weight").floats();
      three
          .put(
              prefix + "gate.weight",
              base.tensor(prefix + "gate.weight").dtype(),
              List.of(3, 64),
              Arrays.copyOf(gate, 3 * 64))
          .put(
              prefix + "expert_bias",
              base.tensor(prefix + "expert_bias").dtype(),
              List.of(3),
              0,
              0,
              0);
    }
    assertSame(factory.logits(forced, TOKENS), factory.logits(three, TOKENS));
    assertDifferent(factory.logits(forced, TOKENS), factory.logits(base, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void renormalisationEpsilon(RunnerFactory factory) {
    // Router logit -16 for every token: a sigmoid of 1.1e-7 is small beside the epsilon of 1e-6.
    double sigmoid = 1 / (1 + Math.exp(16 / Math.sqrt(1 + 1e-5)));
    double compensation = (sigmoid + 1e-6) / sigmoid;
    EditedCheckpoint dense = constantActivations(model(DENSE));
    EditedCheckpoint sparse =
        asSingleExpert(dense, "true", Double.toString(compensation), -16 / 64f);
    float[] expected = factory.logits(dense, TOKENS);
    assertThat(LogitsError.between(factory.logits(sparse, TOKENS), expected).max())
        .isLessThan(1e-4);
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void routedScalingFactor(RunnerFactory factory) {
    Checkpoint base = model(MOE);
    EditedCheckpoint scaled =
        new EditedCheckpoint(
            config(
                MOE.replace("\"num_experts\"", "\"routed_scaling_factor\": 2.0, \"num_experts\"")),
            base);
    EditedCheckpoint doubled = new EditedCheckpoint(base.config(), base);
    for (int i = 1; i < 4; i++) {
      for (int expert = 0; expert < 8; expert++) {
        doubled.scale("model.layers.%d.feed_forward.experts.%d.w2.weight".formatted(i, expert), 2);
      }
    }
    assertSame(factory.logits(scaled, TOKENS), factory.logits(doubled, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void routerPrecision(RunnerFactory factory) {
    // Logits 1 and 1.0005 are one number in BF16, where the first would win; in FP32 the second
    // does.
    EditedCheckpoint base = constantActivations(model(DENSE));
    EditedCheckpoint first = asExperts(base, 2, 1 / 64f);
    EditedCheckpoint second = asExperts(base, 2, 1 / 64f);
    for (int i = 0; i < 4; i++) {
      String gate = "model.layers.%d.feed_forward.gate.weight".formatted(i);
      first.edit(gate, nudge(0));
      second.edit(gate, nudge(64));
      String down = "model.layers.%d.feed_forward.experts.1.w2.weight".formatted(i);
      first.scale(down, 0.5f);
      second.scale(down, 0.5f);
    }
    assertDifferent(factory.logits(first, TOKENS), factory.logits(second, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void expertLoopIndexedByExpertInsteadOfSlot(RunnerFactory factory) {
    // Experts in reverse order: another index, the same model.
    Checkpoint base = model(MOE);
    EditedCheckpoint reversed = new EditedCheckpoint(base.config(), base);
    for (int i = 1; i < 4; i++) {
      String prefix = "model.layers.%d.feed_forward.".formatted(i);
      reversed
          .edit(prefix + "gate.weight", reverseRows(8))
          .edit(prefix + "expert_bias", reverseRows(8));
      for (int expert = 0; expert < 8; expert++) {
        for (String part : List.of("w1", "w2", "w3")) {
          reversed.take(
              "%sexperts.%d.%s.weight".formatted(prefix, expert, part),
              base.tensor("%sexperts.%d.%s.weight".formatted(prefix, 7 - expert, part)));
        }
      }
    }
    assertSame(factory.logits(reversed, TOKENS), factory.logits(base, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void severalTokensAfterANonEmptyCache(RunnerFactory factory) {
    try (Checkpoint checkpoint = model(MOE);
        Runner runner = factory.open(checkpoint, TOKENS.length)) {
      SingleSequence sequence = new SingleSequence(runner, 0, TOKENS.length);
      float[] last = new float[5 * 30];
      sequence.forward(TOKENS, 0, 4, new float[0]);
      sequence.forward(TOKENS, 4, 9, last);
      float[] whole = factory.logits(checkpoint, TOKENS);
      assertSame(last, Arrays.copyOfRange(whole, 4 * 30, 9 * 30));
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void stateTakenFromOtherTokens(RunnerFactory factory) {
    // Right padding and wrong state slots alike: what else runs, and what ran before, is no matter.
    try (Checkpoint checkpoint = model(MOE);
        Runner runner = factory.open(checkpoint, TOKENS.length)) {
      int[] other = {9, 1, 2, 28, 13};
      int pages = runner.cacheSpec().pagesFor(TOKENS.length);
      SingleSequence a = new SingleSequence(runner, 0, TOKENS.length);
      SingleSequence b = new SingleSequence(runner, pages, other.length);
      float[] lastOfA = new float[30];
      float[] lastOfB = new float[30];
      a.forward(TOKENS, 0, 3, new float[0]);
      b.forward(other, 0, 4, new float[0]);
      a.forward(TOKENS, 3, 9, lastOfA);
      b.forward(other, 4, 5, lastOfB);
      assertSame(lastOfA, last(factory.logits(checkpoint, TOKENS)));
      assertSame(lastOfB, last(factory.logits(checkpoint, other)));
      SingleSequence reused = new SingleSequence(runner, 0, other.length);
      reused.forward(other, 0, 5, lastOfA);
      assertSame(lastOfA, lastOfB);
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void thetaNestedInRopeParameters(RunnerFactory factory) {
    Checkpoint nested = model(MOE);
    String parameters =
        "\"rope_parameters\": {\"rope_theta\": 5000000.0, \"rope_type\": \"default\"}";
    Checkpoint topLevel = model(MOE.replace(parameters, "\"rope_theta\": 5000000.0"));
    Checkpoint fallback = model(MOE.replace(parameters, "\"use_pos_enc\": true"));
    assertSame(factory.logits(nested, TOKENS), factory.logits(topLevel, TOKENS));
    assertDifferent(factory.logits(nested, TOKENS), factory.logits(fallback, TOKENS));
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void embeddingNormTakenForAnInputNorm(RunnerFactory factory) {
    Checkpoint base = model(DENSE);
    EditedCheckpoint doubled =
        new EditedCheckpoint(base.config(), base).scale(ExpectedTensors.FINAL_NORM, 2);
    float[] expected = factory.logits(base, TOKENS);
    for (int i = 0; i < expected.length; i++) {
      expected[i] *= 2;
    }
    assertSame(factory.logits(doubled, TOKENS), expected);
  }

  @Test
  void convolutionKeepsItsPublishedName() {
    assertThat(ExpectedTensors.of(config(DENSE)))
        .containsEntry("model.layers.0.conv.conv.weight", List.of(64, 1, 3));
  }

  @Test
  void feedForwardLengthBeforeItsAdjustment() {
    String config = DENSE.replace("\"block_auto_adjust_ff_dim\": false", "\"block_ff_dim\": 768");
    assertThat(config(config).intermediateSize()).isEqualTo(512);
  }

  private static ModelConfig config(String json) {
    return ModelConfigReader.parse("config.json", json);
  }

  private static Checkpoint model(String json) {
    return TinyModels.inMemory(json, SEED);
  }

  /** A model in which every feed-forward's normed input is 1 in all channels, for every token. */
  private static EditedCheckpoint constantActivations(Checkpoint dense) {
    EditedCheckpoint edited = new EditedCheckpoint(dense.config(), dense);
    edited.fill(ExpectedTensors.EMBEDDING, 1);
    for (int i = 0; i < 4; i++) {
      String layer = "model.layers.%d.".formatted(i);
      edited.fill(layer + "ffn_norm.weight", i == 0 ? 1 : 0);
      edited.fill(layer + (i % 2 == 0 ? "conv." : "self_attn.") + "out_proj.weight", 0);
    }
    // The head must tell channels apart though the embedding doesn't.
    return edited.take(ExpectedTensors.LM_HEAD, dense.tensor(ExpectedTensors.EMBEDDING));
  }

  private static EditedCheckpoint asSingleExpert(
      Checkpoint dense, String normalise, String scaling, float gate) {
    return asExperts(dense, 1, gate, normalise, scaling);
  }

  private static EditedCheckpoint asExperts(Checkpoint dense, int experts, float gate) {
    return asExperts(dense, experts, gate, "true", "1.0");
  }

  /** The dense model as a sparse one: each expert is a copy of the dense feed-forward, k is 1. */
  private static EditedCheckpoint asExperts(
      Checkpoint dense, int experts, float gate, String normalise, String scaling) {
    ModelConfig config =
        config(
            DENSE
                .replace("\"lfm2\"", "\"lfm2_moe\"")
                .replace(
                    "\"hidden_size\"",
                    """
                    "moe_intermediate_size": 96, "num_experts": %d, "num_experts_per_tok": 1,
                    "num_dense_layers": 0, "use_expert_bias": false, "norm_topk_prob": %s,
                    "routed_scaling_factor": %s, "hidden_size"
                    """
                        .formatted(experts, normalise, scaling)));
    EditedCheckpoint sparse = new EditedCheckpoint(config, dense);
    for (int i = 0; i < 4; i++) {
      String prefix = "model.layers.%d.feed_forward.".formatted(i);
      float[] router = new float[experts * 64];
      Arrays.fill(router, gate);
      sparse.put(
          prefix + "gate.weight",
          dense.tensor(ExpectedTensors.EMBEDDING).dtype(),
          List.of(experts, 64),
          router);
      for (int expert = 0; expert < experts; expert++) {
        for (String part : List.of("w1", "w2", "w3")) {
          sparse.take(
              "%sexperts.%d.%s.weight".formatted(prefix, expert, part),
              dense.tensor(prefix + part + ".weight"));
        }
      }
    }
    if (dense.has(ExpectedTensors.LM_HEAD)) {
      sparse.take(ExpectedTensors.LM_HEAD, dense.tensor(ExpectedTensors.LM_HEAD));
    }
    return sparse;
  }

  private static Checkpoint eachMoeLayer(
      Checkpoint base, String name, UnaryOperator<float[]> change) {
    EditedCheckpoint edited = new EditedCheckpoint(base.config(), base);
    for (int i = 1; i < 4; i++) {
      edited.edit("model.layers.%d.feed_forward.%s".formatted(i, name), change);
    }
    return edited;
  }

  private static UnaryOperator<float[]> plus(float delta) {
    return old -> {
      for (int i = 0; i < old.length; i++) {
        old[i] += delta;
      }
      return old;
    };
  }

  /** Makes one element larger by a few steps of BF16: of 64 equal ones, the sum by about 0.0005. */
  private static UnaryOperator<float[]> nudge(int index) {
    return old -> {
      old[index] *= 1 + 1 / 32f;
      return old;
    };
  }

  private static UnaryOperator<float[]> reverseRows(int rows) {
    return old -> {
      int columns = old.length / rows;
      float[] reversed = new float[old.length];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(old, row * columns, reversed, (rows - 1 - row) * columns, columns);
      }
      return reversed;
    };
  }

  private static float[] last(float[] logits) {
    return Arrays.copyOfRange(logits, logits.length - 30, logits.length);
  }

  private static void assertSame(float[] actual, float[] expected) {
    assertThat(LogitsError.between(actual, expected).max()).isLessThan(SAME);
  }

  private static void assertDifferent(float[] actual, float[] expected) {
    assertThat(LogitsError.between(actual, expected).max()).isGreaterThan(DIFFERENT);
  }
}
