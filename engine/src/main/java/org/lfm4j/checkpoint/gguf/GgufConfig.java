package org.lfm4j.checkpoint.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * A model's shape from the metadata of a GGUF file. Where keys and tensors say different things
 * (files exist whose feed-forward length is not the adjusted one), tensors are right.
 */
final class GgufConfig {
  private static final int MOST_LAYERS = 1024;
  private static final int MOST_EXPERTS = 4096;

  /** Of all layers together, far above any published model: each makes three weights. */
  private static final int MOST_EXPERTS_IN_ALL = 1 << 16;

  private static final int MOST_HEADS = 4096;
  private static final int SIGMOID = 2;

  private final GgufMetadata metadata;
  private final Map<String, GgufTensorInfo> tensors;
  private final String architecture;

  private GgufConfig(GgufMetadata metadata, Map<String, GgufTensorInfo> tensors) {
    this.metadata = metadata;
    this.tensors = tensors;
    this.architecture = metadata.text("general.architecture").orElse("none");
  }

  /**
   * Reads a configuration.
   *
   * @throws CheckpointException if the file holds no LFM2 text model or a value is out of range
   */
  static ModelConfig read(GgufMetadata metadata, Map<String, GgufTensorInfo> tensors) {
    return new GgufConfig(metadata, tensors).read();
  }

  private ModelConfig read() {
    if (!architecture.equals("lfm2") && !architecture.equals("lfm2moe")) {
      throw metadata.bad(
          "general.architecture",
          "lfm2 or lfm2moe (lfm4j runs Liquid AI's LFM2 language models only)",
          architecture);
    }
    boolean sparse = architecture.equals("lfm2moe");
    List<LayerKind> layers = layers();
    List<Integer> embedding = shape(GgufNames.EMBEDDING, 2);
    int dense = denseLayers(sparse, layers.size());
    int heads = required("attention.head_count", 1, MOST_HEADS);
    return new ModelConfig(
        sparse ? "lfm2_moe" : "lfm2",
        embedding.getFirst(),
        embedding.getLast(),
        layers,
        heads,
        keyValueHeads(heads),
        headDim(layers, embedding.getLast(), heads),
        dense > 0 ? shape("blk.0.ffn_gate.weight", 2).getFirst() : embedding.getLast(),
        integer("shortconv.l_cache", 1, 1024, 3),
        false,
        (float) positive("attention.layer_norm_rms_epsilon", 1e-5),
        positive("rope.freq_base", 1e6),
        integer("context_length", 1, Integer.MAX_VALUE, 128_000),
        !tensors.containsKey(GgufNames.HEAD),
        sparse ? Optional.of(moe(layers.size(), dense)) : Optional.empty(),
        token("bos", 1),
        token("eos", 7),
        token("padding", 0));
  }

  /** The number of key and value heads of each layer; a layer without is a convolution. */
  private List<LayerKind> layers() {
    int count = required("block_count", 1, MOST_LAYERS);
    String key = key("attention.head_count_kv");
    if (!metadata.isList(key)) {
      throw metadata.bad(
          key,
          "a list with one number for each layer",
          metadata.entries().containsKey(key) ? metadata.entries().get(key) : "none");
    }
    List<Integer> heads = metadata.integers(key, 0, MOST_HEADS);
    if (heads.size() != count) {
      throw metadata.bad(
          key, "%d entries, one for each layer".formatted(count), heads.size() + " entries");
    }
    List<LayerKind> layers = new ArrayList<>();
    heads.forEach(n -> layers.add(n == 0 ? LayerKind.CONV : LayerKind.ATTENTION));
    return layers;
  }

  private int keyValueHeads(int heads) {
    String key = key("attention.head_count_kv");
    List<Integer> different =
        metadata.integers(key, 0, MOST_HEADS).stream().filter(n -> n > 0).distinct().toList();
    if (different.size() > 1 || (different.size() == 1 && heads % different.getFirst() != 0)) {
      throw metadata.bad(
          key, "the same divisor of %d in all attention layers".formatted(heads), different);
    }
    return different.isEmpty() ? 1 : different.getFirst();
  }

  private int headDim(List<LayerKind> layers, int hidden, int heads) {
    int first = layers.indexOf(LayerKind.ATTENTION);
    int dim =
        first < 0
            ? Math.max(2, hidden / heads)
            : shape("blk.%d.attn_q_norm.weight".formatted(first), 1).getFirst();
    if (dim % 2 != 0) {
      throw metadata.bad("attn_q_norm", "an even head size (rotary embedding)", dim);
    }
    return dim;
  }

  private int denseLayers(boolean sparse, int layers) {
    return sparse ? integer("leading_dense_block_count", 0, layers, Math.min(2, layers)) : layers;
  }

  private MoeConfig moe(int layers, int dense) {
    int gating = integer("expert_gating_func", 0, Integer.MAX_VALUE, SIGMOID);
    if (gating != SIGMOID && gating != 0) {
      throw metadata.bad(key("expert_gating_func"), "2 (sigmoid)", gating);
    }
    int experts = required("expert_count", 1, MOST_EXPERTS);
    if ((long) experts * layers > MOST_EXPERTS_IN_ALL) {
      throw metadata.bad(
          key("expert_count"),
          "at most %d experts in all layers together".formatted(MOST_EXPERTS_IN_ALL),
          "%d in %d layers".formatted(experts, layers));
    }
    String block = "blk.%d.".formatted(Math.min(dense, layers - 1));
    double scale = metadata.number(key("expert_weights_scale")).orElse(0);
    return new MoeConfig(
        experts,
        required("expert_used_count", 1, experts),
        dense < layers ? shape(block + "ffn_gate_exps.weight", 3).get(1) : 1,
        dense,
        metadata.truth(key("expert_weights_norm")).orElse(true),
        tensors.containsKey(block + "exp_probs_b.bias"),
        scale > 0 ? (float) scale : 1);
  }

  private int token(String name, int absent) {
    return metadata
        .integer("tokenizer.ggml.%s_token_id".formatted(name), 0, Integer.MAX_VALUE)
        .orElse(absent);
  }

  private List<Integer> shape(String name, int dimensions) {
    GgufTensorInfo tensor = tensors.get(name);
    if (tensor == null || tensor.shape().size() != dimensions) {
      throw new CheckpointException(
          "%s: tensor %s: expected %d dimensions, found %s"
              .formatted(
                  metadata.source(), name, dimensions, tensor == null ? "none" : tensor.shape()));
    }
    return tensor.shape();
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  private int required(String name, int least, int most) {
    return metadata.integer(key(name), least, most).orElseThrow(() -> metadata.missing(key(name)));
  }

  private int integer(String name, int least, int most, int absent) {
    return metadata.integer(key(name), least, most).orElse(absent);
  }

  private double positive(String name, double absent) {
    double value = metadata.number(key(name)).orElse(absent);
    if (value <= 0) {
      throw metadata.bad(key(name), "a number above 0", value);
    }
    return value;
  }
}
