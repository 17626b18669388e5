package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.tensor.Tensor;

/**
 * All weights of a model.
 *
 * @param embedding [vocab, hidden], as it is stored
 * @param layers first to last
 * @param norm the final norm, which safetensors files call {@code embedding_norm}
 * @param head matrix of the logits, one part
 */
record ModelWeights(
    Tensor embedding, List<LayerWeights> layers, float[] norm, WeightMatrix[] head) {

  /**
   * Collects the weights of a checkpoint.
   *
   * @param arena keeps the copies of weights that can't be used in place
   * @throws org.lfm4j.checkpoint.CheckpointException if one is missing or has another shape
   */
  static ModelWeights read(Checkpoint checkpoint, Arena arena) {
    return new Reader(checkpoint, MappedMemory.allocator(arena)).model();
  }

  /** Returns the forms of activations that these matrices multiply. */
  Activations.Forms forms() {
    boolean floats = matrices().anyMatch(w -> w instanceof FloatMatrix && !split(w));
    boolean splits = matrices().anyMatch(ModelWeights::split);
    boolean groups = matrices().anyMatch(w -> quantised(w, QuantRows.GROUP));
    boolean blocks = matrices().anyMatch(w -> quantised(w, QuantRows.BLOCK));
    return new Activations.Forms(floats, splits, groups, blocks);
  }

  private static boolean quantised(WeightMatrix w, int elements) {
    return w instanceof QuantMatrix quants && quants.type().elements() == elements;
  }

  private static boolean split(WeightMatrix w) {
    return w instanceof FloatMatrix floats && AmxKernels.multiply(floats);
  }

  private Stream<WeightMatrix> matrices() {
    return Stream.concat(Stream.of(head), layers.stream().flatMap(LayerWeights::matrices));
  }

  private record Reader(
      Checkpoint checkpoint, SegmentAllocator memory, ModelConfig config, int hidden) {

    Reader(Checkpoint checkpoint, SegmentAllocator memory) {
      this(checkpoint, memory, checkpoint.config(), checkpoint.config().hiddenSize());
    }

    ModelWeights model() {
      Tensor embedding =
          WeightMatrix.stored(checkpoint, ExpectedTensors.EMBEDDING, config.vocabSize(), hidden);
      List<LayerWeights> layers = new ArrayList<>();
      for (int i = 0; i < config.layers().size(); i++) {
        layers.add(layer(i, "model.layers.%d.".formatted(i)));
      }
      boolean own = checkpoint.has(ExpectedTensors.LM_HEAD);
      String headName = own ? ExpectedTensors.LM_HEAD : ExpectedTensors.EMBEDDING;
      return new ModelWeights(
          embedding,
          List.copyOf(layers),
          floats(ExpectedTensors.FINAL_NORM, hidden, 1),
          parts(matrix(headName, config.vocabSize(), hidden)));
    }

    private LayerWeights layer(int i, String prefix) {
      LayerWeights.Mixer mixer =
          config.layers().get(i) == LayerKind.CONV
              ? convolution(prefix + "conv.")
              : attention(prefix + "self_attn.");
      LayerWeights.FeedForward feedForward =
          config.isMoeLayer(i)
              ? experts(prefix + "feed_forward.", config.moe().orElseThrow())
              : dense(prefix + "feed_forward.");
      return new LayerWeights(
          floats(prefix + "operator_norm.weight", hidden, 1),
          mixer,
          floats(prefix + "ffn_norm.weight", hidden, 1),
          feedForward);
    }

    private LayerWeights.Convolution convolution(String prefix) {
      int length = config.convLength();
      float[] stored = floats(prefix + "conv.weight", hidden, length);
      float[] taps = new float[stored.length];
      for (int channel = 0; channel < hidden; channel++) {
        for (int tap = 0; tap < length; tap++) {
          taps[tap * hidden + channel] = stored[channel * length + tap];
        }
      }
      return new LayerWeights.Convolution(
          parts(matrix(prefix + "in_proj.weight", 3 * hidden, hidden)),
          projectionBias(prefix + "in_proj.bias", 3 * hidden),
          taps,
          bias(prefix + "conv.bias", hidden),
          parts(matrix(prefix + "out_proj.weight", hidden, hidden)),
          projectionBias(prefix + "out_proj.bias", hidden));
    }

    private LayerWeights.Attention attention(String prefix) {
      int queries = config.numHeads() * config.headDim();
      int keys = config.numKvHeads() * config.headDim();
      return new LayerWeights.Attention(
          parts(
              matrix(prefix + "q_proj.weight", queries, hidden),
              matrix(prefix + "k_proj.weight", keys, hidden),
              matrix(prefix + "v_proj.weight", keys, hidden)),
          floats(prefix + "q_layernorm.weight", config.headDim(), 1),
          floats(prefix + "k_layernorm.weight", config.headDim(), 1),
          parts(matrix(prefix + "out_proj.weight", hidden, queries)));
    }

    private LayerWeights.Dense dense(String prefix) {
      int width = config.intermediateSize();
      return new LayerWeights.Dense(
          matrix(prefix + "w1.weight", width, hidden),
          matrix(prefix + "w3.weight", width, hidden),
          parts(matrix(prefix + "w2.weight", hidden, width)));
    }

    private LayerWeights.Experts experts(String prefix, MoeConfig moe) {
      int count = moe.numExperts();
      int width = moe.intermediateSize();
      WeightMatrix[] gate = new WeightMatrix[count];
      WeightMatrix[] up = new WeightMatrix[count];
      WeightMatrix[] down = new WeightMatrix[count];
      for (int e = 0; e < count; e++) {
        String expert = "%sexperts.%d.".formatted(prefix, e);
        gate[e] = matrix(expert + "w1.weight", width, hidden);
        up[e] = matrix(expert + "w3.weight", width, hidden);
        down[e] = matrix(expert + "w2.weight", hidden, width);
      }
      float[] weight = floats(prefix + "gate.weight", count, hidden);
      float[] bias =
          zerosUnless(moe.useExpertBias(), count, () -> floats(prefix + "expert_bias", count, 1));
      return new LayerWeights.Experts(new Router(moe, weight, bias, hidden), gate, up, down);
    }

    private WeightMatrix matrix(String name, int rows, int columns) {
      return WeightMatrix.read(checkpoint, name, rows, columns, memory);
    }

    private float[] floats(String name, int rows, int columns) {
      return WeightMatrix.readFloats(checkpoint, name, rows, columns);
    }

    private float[] projectionBias(String name, int size) {
      return config.convBias() ? floats(name, size, 1) : new float[0];
    }

    private float[] bias(String name, int size) {
      return zerosUnless(config.convBias(), size, () -> floats(name, size, 1));
    }

    private static float[] zerosUnless(boolean present, int size, Supplier<float[]> values) {
      return present ? values.get() : new float[size];
    }

    private static WeightMatrix[] parts(WeightMatrix... matrices) {
      return matrices;
    }
  }
}
