package org.lfm4j.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Names and shapes of all weights of a model, as published in safetensors files with one tensor an
 * expert. H is hidden, V vocabulary, F dense feed-forward, E experts, M expert feed-forward.
 */
public final class ExpectedTensors {
  /** The embedding [V, H]; also the output head where {@link #LM_HEAD} is absent. */
  public static final String EMBEDDING = "model.embed_tokens.weight";

  /** The norm before the output head [H], whatever its name suggests. */
  public static final String FINAL_NORM = "model.embedding_norm.weight";

  /** The output head [V, H] of a model that doesn't share it with the embedding. */
  public static final String LM_HEAD = "lm_head.weight";

  private final ModelConfig config;
  private final SequencedMap<String, List<Integer>> shapes = new LinkedHashMap<>();

  private ExpectedTensors(ModelConfig config) {
    this.config = config;
  }

  /** Returns name to shape, in the order of the forward pass. */
  public static SequencedMap<String, List<Integer>> of(ModelConfig config) {
    ExpectedTensors tensors = new ExpectedTensors(config);
    tensors.addAll();
    return tensors.shapes;
  }

  private void addAll() {
    int hidden = config.hiddenSize();
    add(EMBEDDING, config.vocabSize(), hidden);
    for (int i = 0; i < config.layers().size(); i++) {
      String layer = "model.layers.%d.".formatted(i);
      add(layer + "operator_norm.weight", hidden);
      if (config.layers().get(i) == LayerKind.CONV) {
        addConvolution(layer + "conv.", hidden);
      } else {
        addAttention(layer + "self_attn.", hidden);
      }
      add(layer + "ffn_norm.weight", hidden);
      if (config.isMoeLayer(i)) {
        addExperts(layer + "feed_forward.", config.moe().orElseThrow(), hidden);
      } else {
        addMlp(layer + "feed_forward.", config.intermediateSize(), hidden);
      }
    }
    add(FINAL_NORM, hidden);
    if (!config.tieWordEmbeddings()) {
      add(LM_HEAD, config.vocabSize(), hidden);
    }
  }

  private void addConvolution(String prefix, int hidden) {
    add(prefix + "in_proj.weight", 3 * hidden, hidden);
    add(prefix + "conv.weight", hidden, 1, config.convLength());
    add(prefix + "out_proj.weight", hidden, hidden);
    if (config.convBias()) {
      add(prefix + "in_proj.bias", 3 * hidden);
      add(prefix + "conv.bias", hidden);
      add(prefix + "out_proj.bias", hidden);
    }
  }

  private void addAttention(String prefix, int hidden) {
    int query = config.numHeads() * config.headDim();
    int keyValue = config.numKvHeads() * config.headDim();
    add(prefix + "q_proj.weight", query, hidden);
    add(prefix + "k_proj.weight", keyValue, hidden);
    add(prefix + "v_proj.weight", keyValue, hidden);
    add(prefix + "q_layernorm.weight", config.headDim());
    add(prefix + "k_layernorm.weight", config.headDim());
    add(prefix + "out_proj.weight", hidden, query);
  }

  private void addExperts(String prefix, MoeConfig moe, int hidden) {
    add(prefix + "gate.weight", moe.numExperts(), hidden);
    if (moe.useExpertBias()) {
      add(prefix + "expert_bias", moe.numExperts());
    }
    for (int expert = 0; expert < moe.numExperts(); expert++) {
      addMlp("%sexperts.%d.".formatted(prefix, expert), moe.intermediateSize(), hidden);
    }
  }

  private void addMlp(String prefix, int intermediate, int hidden) {
    add(prefix + "w1.weight", intermediate, hidden);
    add(prefix + "w3.weight", intermediate, hidden);
    add(prefix + "w2.weight", hidden, intermediate);
  }

  private void add(String name, Integer... shape) {
    shapes.put(name, List.of(shape));
  }
}
