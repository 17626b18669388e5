package org.lfm4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * Where every weight of a model goes in one allocation, worked out before there is one.
 *
 * @param addresses where the kernels find weights
 * @param pieces where each stored tensor goes, in the order of the forward pass
 * @param bytes size of the allocation
 */
record WeightPlan(ModelAddresses addresses, List<Piece> pieces, long bytes) {
  private static final int ALIGNMENT = 256;
  private static final int BF16_BYTES = 2;
  private static final int HEAD_DIM = 64;
  private static final int CONV_LENGTH = 3;

  /** What a tensor holds, which decides its type on the device and what dummy weights are. */
  enum Kind {
    /** A matrix or the taps of a convolution, BF16. */
    WEIGHT(BF16_BYTES),
    /** Factors of a norm, BF16. */
    NORM(BF16_BYTES),
    /** Biases of experts, FP32. */
    BIAS(Float.BYTES);

    private final int elementBytes;

    Kind(int elementBytes) {
      this.elementBytes = elementBytes;
    }

    int elementBytes() {
      return elementBytes;
    }
  }

  /**
   * One stored tensor on the device.
   *
   * @param tensor its name; none for biases that the model lacks, which are zeros
   * @param kind what it holds
   * @param address where it begins
   * @param elements how many numbers it has
   */
  record Piece(Optional<String> tensor, Kind kind, long address, long elements) {
    long bytes() {
      return elements * kind.elementBytes();
    }
  }

  /**
   * Plans a model.
   *
   * @param separateHead whether the head has weights of its own
   * @param base address of the allocation; 0 to learn its size
   * @throws CheckpointException if the model has a shape that the kernels don't know
   */
  static WeightPlan of(ModelConfig config, boolean separateHead, long base) {
    check(config);
    return new Planner(config, base).plan(separateHead);
  }

  private static void check(ModelConfig config) {
    refuse(config.convBias(), "has biases in its convolution blocks (conv_bias)");
    refuse(
        config.convLength() != CONV_LENGTH,
        "has convolutions of %d taps (conv_L_cache), not 3".formatted(config.convLength()));
    refuse(
        config.headDim() != HEAD_DIM,
        "has attention heads of %d, not 64".formatted(config.headDim()));
    checkMultiple("hidden size", config.hiddenSize(), 64);
    if (!config.isMoeLayer(0)) {
      checkMultiple("feed-forward width", config.intermediateSize(), 64);
    }
    config
        .moe()
        .ifPresent(moe -> checkMultiple("experts' feed-forward width", moe.intermediateSize(), 32));
  }

  private static void checkMultiple(String what, int size, int of) {
    refuse(size % of != 0, "has a %s of %d, no multiple of %d".formatted(what, size, of));
  }

  private static void refuse(boolean unknown, String why) {
    if (unknown) {
      throw new CheckpointException(
          "the GPU kernels can't run this model: it %s; run it on the CPU".formatted(why));
    }
  }

  /** Lays tensors one after the other. */
  private static final class Planner {
    private final ModelConfig config;
    private final int hidden;
    private final long base;
    private final List<Piece> pieces = new ArrayList<>();
    private long end;

    Planner(ModelConfig config, long base) {
      this.config = config;
      this.hidden = config.hiddenSize();
      this.base = base;
      this.end = base;
    }

    WeightPlan plan(boolean separateHead) {
      long embedding = weight(ExpectedTensors.EMBEDDING, config.vocabSize(), hidden);
      List<LayerAddresses> layers = new ArrayList<>();
      for (int i = 0; i < config.layers().size(); i++) {
        layers.add(layer(i, "model.layers.%d.".formatted(i)));
      }
      long norm = norm(ExpectedTensors.FINAL_NORM, hidden);
      long head =
          separateHead ? weight(ExpectedTensors.LM_HEAD, config.vocabSize(), hidden) : embedding;
      align();
      return new WeightPlan(
          new ModelAddresses(embedding, layers, norm, head), List.copyOf(pieces), end - base);
    }

    private LayerAddresses layer(int i, String prefix) {
      long operatorNorm = norm(prefix + "operator_norm.weight", hidden);
      LayerAddresses.Mixer mixer =
          config.layers().get(i) == LayerKind.CONV
              ? convolution(prefix + "conv.")
              : attention(prefix + "self_attn.");
      long ffnNorm = norm(prefix + "ffn_norm.weight", hidden);
      LayerAddresses.FeedForward feedForward =
          config.isMoeLayer(i)
              ? experts(prefix + "feed_forward.", config.moe().orElseThrow())
              : dense(prefix + "feed_forward.");
      return new LayerAddresses(operatorNorm, mixer, ffnNorm, feedForward);
    }

    private LayerAddresses.Convolution convolution(String prefix) {
      return new LayerAddresses.Convolution(
          weight(prefix + "in_proj.weight", 3 * hidden, hidden),
          weight(prefix + "conv.weight", hidden, CONV_LENGTH),
          weight(prefix + "out_proj.weight", hidden, hidden));
    }

    private LayerAddresses.Attention attention(String prefix) {
      int queries = config.numHeads() * HEAD_DIM;
      int keys = config.numKvHeads() * HEAD_DIM;
      long qkv = align();
      add(prefix + "q_proj.weight", queries, hidden);
      add(prefix + "k_proj.weight", keys, hidden);
      add(prefix + "v_proj.weight", keys, hidden);
      return new LayerAddresses.Attention(
          qkv,
          norm(prefix + "q_layernorm.weight", HEAD_DIM),
          norm(prefix + "k_layernorm.weight", HEAD_DIM),
          weight(prefix + "out_proj.weight", hidden, queries));
    }

    private LayerAddresses.Dense dense(String prefix) {
      int width = config.intermediateSize();
      long w13 = align();
      add(prefix + "w1.weight", width, hidden);
      add(prefix + "w3.weight", width, hidden);
      return new LayerAddresses.Dense(w13, weight(prefix + "w2.weight", hidden, width));
    }

    private LayerAddresses.Experts experts(String prefix, MoeConfig moe) {
      long gate = weight(prefix + "gate.weight", moe.numExperts(), hidden);
      long bias = align();
      Optional<String> stored =
          moe.useExpertBias() ? Optional.of(prefix + "expert_bias") : Optional.empty();
      add(stored, Kind.BIAS, moe.numExperts());
      return new LayerAddresses.Experts(
          gate,
          bias,
          experts(prefix, moe, List.of("w1", "w3")),
          experts(prefix, moe, List.of("w2")));
    }

    private long experts(String prefix, MoeConfig moe, List<String> matrices) {
      long first = align();
      for (String matrix : matrices) {
        for (int e = 0; e < moe.numExperts(); e++) {
          add(
              "%sexperts.%d.%s.weight".formatted(prefix, e, matrix),
              moe.intermediateSize(),
              hidden);
        }
      }
      return first;
    }

    private long weight(String name, int rows, int columns) {
      long address = align();
      add(name, rows, columns);
      return address;
    }

    private long norm(String name, int size) {
      long address = align();
      add(Optional.of(name), Kind.NORM, size);
      return address;
    }

    private void add(String name, int rows, int columns) {
      add(Optional.of(name), Kind.WEIGHT, (long) rows * columns);
    }

    private void add(Optional<String> name, Kind kind, long elements) {
      Piece piece = new Piece(name, kind, end, elements);
      pieces.add(piece);
      end += piece.bytes();
    }

    private long align() {
      end = base + Math.ceilDiv(end - base, ALIGNMENT) * ALIGNMENT;
      return end;
    }
  }
}
