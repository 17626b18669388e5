package org.lfm4j.cuda;

import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.KernelSource;

/** Which models and GPUs {@code decode_one.cu} is for, and the shape that it is compiled with. */
final class DecodeOneShape {
  static final String FILE = "decode_one.cu";

  /** Blocks of the kernel, which all run at the same time. */
  static final int BLOCKS = 128;

  /** Dynamic shared memory of a block: all that there is. */
  static final int SHARED_BYTES = 232_448;

  private static final int HOPPER = 90;
  private static final int HIDDEN = 2048;
  private static final int HEADS = 32;
  private static final int KEY_HEADS = 8;
  private static final int TOP = 4;
  private static final int MOST_LAYERS = 64;
  private static final int MOST_POSITIONS = 131_072;
  // What fits shared memory as the input of the down projection.
  private static final int MOST_DENSE_WIDTH = 12_288;
  private static final int MOST_EXPERT_WIDTH = 3072;

  private DecodeOneShape() {}

  /** Returns whether the kernel can hold a block on a multiprocessor each, and knows the GPU. */
  static boolean fits(Device device) {
    return device.computeCapability() == HOPPER
        && device.multiprocessors() >= BLOCKS
        && device.maxSharedBytes() >= SHARED_BYTES;
  }

  /**
   * Returns whether the kernel knows the model's shape: a hidden size of 2,048 with 32 query and 8
   * key heads, and none, 32 or 64 experts of which 4 are taken. Of the published models those are
   * LFM2-1.2B, 2.6B, 8B-A1B and 24B-A2B.
   */
  static boolean fits(ModelConfig config) {
    return config.hiddenSize() == HIDDEN
        && config.numHeads() == HEADS
        && config.numKvHeads() == KEY_HEADS
        && config.headDim() == PageLayout.HEAD_DIM
        && config.layers().size() <= MOST_LAYERS
        && config.maxPositionEmbeddings() <= MOST_POSITIONS
        && config.vocabSize() % 16 == 0
        && (denseLayers(config) == 0 || fits(config.intermediateSize(), MOST_DENSE_WIDTH))
        && config.moe().map(DecodeOneShape::fits).orElse(true);
  }

  private static boolean fits(MoeConfig moe) {
    return (moe.numExperts() == 32 || moe.numExperts() == 64)
        && moe.numExpertsPerToken() == TOP
        && fits(moe.intermediateSize(), MOST_EXPERT_WIDTH);
  }

  private static boolean fits(int width, int most) {
    return width % 64 == 0 && width <= most;
  }

  private static int denseLayers(ModelConfig config) {
    int layers = config.layers().size();
    return config.moe().map(moe -> Math.min(layers, moe.numDenseLayers())).orElse(layers);
  }

  /** Returns the kernel for a model that it fits. */
  static KernelSource source(ModelConfig config) {
    int dense = denseLayers(config);
    return KernelSource.resource(DecodeOneShape.class, FILE)
        .define("HIDDEN", config.hiddenSize())
        .define("HEADS", config.numHeads())
        .define("KV_HEADS", config.numKvHeads())
        .define("DENSE_WIDTH", dense == 0 ? 0 : config.intermediateSize())
        .define("EXPERTS", config.moe().map(MoeConfig::numExperts).orElse(0))
        .define("EXPERT_WIDTH", config.moe().map(MoeConfig::intermediateSize).orElse(0))
        .define("VOCABULARY", config.vocabSize())
        .define("LAYERS", config.layers().size())
        .define("ATTENTION_LAYERS", "0x%xull".formatted(attentionLayers(config)))
        .define("DENSE_LAYERS", dense);
  }

  /** Bit l is set where layer l is attention. */
  private static long attentionLayers(ModelConfig config) {
    long bits = 0;
    for (int l = 0; l < config.layers().size(); l++) {
      bits |= config.layers().get(l) == LayerKind.ATTENTION ? 1L << l : 0;
    }
    return bits;
  }
}
