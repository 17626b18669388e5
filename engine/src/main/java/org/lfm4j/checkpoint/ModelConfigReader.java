package org.lfm4j.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads config.json of an LFM2 model, with the aliases, defaults and derived values of the
 * transformers classes {@code Lfm2Config} and {@code Lfm2MoeConfig} and of older published files.
 *
 * <p>Of a vision model ({@code Lfm2VlForConditionalGeneration}) the text part is read.
 */
public final class ModelConfigReader {
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_EXPERTS = 4096;
  private static final int MAX_HEADS = 4096;
  private static final int MAX_WIDTH = 1 << 24;

  private static final Set<String> ARCHITECTURES =
      Set.of("Lfm2ForCausalLM", "Lfm2MoeForCausalLM", "Lfm2VlForConditionalGeneration");

  private ModelConfigReader() {}

  /**
   * Reads a config.json.
   *
   * @throws CheckpointException if it is missing, is no JSON, is no LFM2 text model, or a value is
   *     out of range
   */
  public static ModelConfig read(Path file) {
    return read(JsonObject.read(file));
  }

  /**
   * Reads the text of a config.json.
   *
   * @param source where the text is from, for messages
   * @throws CheckpointException as {@link #read(Path)}
   */
  public static ModelConfig parse(String source, String json) {
    return read(JsonObject.parse(source, json.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns the part that describes the language model. */
  static JsonObject textPart(JsonObject config) {
    return config.object("text_config").orElse(config);
  }

  private static ModelConfig read(JsonObject whole) {
    requireTextModel(whole);
    JsonObject config = textPart(whole);
    String modelType = config.string("model_type").orElse("");
    if (!modelType.equals("lfm2") && !modelType.equals("lfm2_moe")) {
      throw config.bad(
          "model_type",
          "\"lfm2\" or \"lfm2_moe\" (lfm4j runs Liquid AI's LFM2 language models only)",
          modelType.isEmpty() ? "none" : '"' + modelType + '"');
    }
    boolean sparse = modelType.equals("lfm2_moe");
    int hiddenSize = config.requiredInteger(1, MAX_WIDTH, "hidden_size", "block_dim");
    int numHeads = config.requiredInteger(1, MAX_HEADS, "num_attention_heads", "num_heads");
    int numKvHeads = config.integer(1, MAX_HEADS, "num_key_value_heads").orElse(8);
    if (numHeads % numKvHeads != 0) {
      throw config.bad(
          "num_key_value_heads",
          "a divisor of num_attention_heads = %d".formatted(numHeads),
          Integer.toString(numKvHeads));
    }
    List<LayerKind> layers = layers(config);
    List<Integer> eos = config.integers(0, Integer.MAX_VALUE, "eos_token_id");
    return new ModelConfig(
        modelType,
        config.requiredInteger(1, MAX_WIDTH, "vocab_size"),
        hiddenSize,
        layers,
        numHeads,
        numKvHeads,
        headDim(config, hiddenSize, numHeads),
        sparse
            ? config.requiredInteger(1, MAX_WIDTH, "intermediate_size")
            : adjustedIntermediateSize(config),
        config.integer(1, 1024, "conv_L_cache").orElse(3),
        config.bool(false, "conv_bias"),
        (float) config.positiveNumber(1e-5, "norm_eps", "block_norm_eps"),
        ropeTheta(config),
        config.integer(1, Integer.MAX_VALUE, "max_position_embeddings").orElse(128_000),
        config.bool(true, "tie_embedding", "tie_word_embeddings"),
        sparse ? Optional.of(moe(config, layers.size())) : Optional.empty(),
        config.integer(0, Integer.MAX_VALUE, "bos_token_id").orElse(1),
        eos.isEmpty() ? 7 : eos.getFirst(),
        config.integer(0, Integer.MAX_VALUE, "pad_token_id").orElse(0));
  }

  private static void requireTextModel(JsonObject config) {
    Optional<JsonNode> architectures = config.find("architectures");
    if (architectures.isPresent() && !isKnown(architectures.get())) {
      throw config.bad(
          "architectures",
          "one of %s (encoders, embedding, audio and drafter models are not supported)"
              .formatted(ARCHITECTURES.stream().sorted().toList()),
          architectures.get());
    }
    Optional<JsonNode> quantization =
        config.find("quantization_config").or(() -> textPart(config).find("quantization_config"));
    if (quantization.isPresent()) {
      throw config.bad(
          "quantization_config",
          "none (quantised checkpoints are not supported: use the original in BF16, F16 or F32)",
          quantization.get());
    }
  }

  private static boolean isKnown(JsonNode architectures) {
    for (JsonNode name : architectures) {
      if (name.isString() && ARCHITECTURES.contains(name.stringValue())) {
        return true;
      }
    }
    return false;
  }

  private static List<LayerKind> layers(JsonObject config) {
    Optional<JsonNode> types = config.find("layer_types");
    int count =
        types.isPresent()
            ? config.integer(1, MAX_LAYERS, "num_hidden_layers").orElse(types.get().size())
            : config.requiredInteger(1, MAX_LAYERS, "num_hidden_layers");
    List<LayerKind> layers = new ArrayList<>();
    if (types.isPresent()) {
      for (JsonNode type : types.get()) {
        layers.add(layerKind(config, type));
      }
      if (layers.size() != count || count == 0) {
        throw config.bad(
            "layer_types",
            "one entry for each of num_hidden_layers = %d".formatted(count),
            "%d entries".formatted(layers.size()));
      }
    } else if (config.find("full_attn_idxs").isPresent()) {
      List<Integer> attention = config.integers(0, count - 1, "full_attn_idxs");
      for (int i = 0; i < count; i++) {
        layers.add(attention.contains(i) ? LayerKind.ATTENTION : LayerKind.CONV);
      }
    } else {
      for (int i = 0; i < count; i++) {
        layers.add(LayerKind.ATTENTION);
      }
    }
    return layers;
  }

  private static LayerKind layerKind(JsonObject config, JsonNode type) {
    return switch (type.isString() ? type.stringValue() : "") {
      case "conv" -> LayerKind.CONV;
      case "full_attention" -> LayerKind.ATTENTION;
      default -> throw config.bad("layer_types", "\"conv\" or \"full_attention\"", type);
    };
  }

  private static int headDim(JsonObject config, int hiddenSize, int numHeads) {
    int headDim = config.integer(2, MAX_HEADS, "head_dim").orElse(hiddenSize / numHeads);
    if (config.find("head_dim").isEmpty() && hiddenSize % numHeads != 0) {
      throw config.bad(
          "num_attention_heads",
          "a divisor of hidden_size = %d".formatted(hiddenSize),
          Integer.toString(numHeads));
    }
    if (headDim < 2 || headDim % 2 != 0) {
      throw config.bad("head_dim", "an even number (rotary embedding)", Integer.toString(headDim));
    }
    return headDim;
  }

  /** The rule of {@code Lfm2MLP}: older files give a size of which two thirds are used. */
  private static int adjustedIntermediateSize(JsonObject config) {
    int size = config.requiredInteger(1, MAX_WIDTH, "block_ff_dim", "intermediate_size");
    if (!config.bool(true, "block_auto_adjust_ff_dim")) {
      return size;
    }
    int adjusted = (int) (2.0 * size / 3);
    if (!config.isNull("block_ffn_dim_multiplier")) {
      int multiple = config.integer(1, MAX_WIDTH, "block_multiple_of").orElse(256);
      double multiplier = config.positiveNumber(1.0, "block_ffn_dim_multiplier");
      double multiplied = Math.ceil((double) (long) (multiplier * adjusted) / multiple) * multiple;
      if (multiplied > MAX_WIDTH) {
        throw config.bad(
            "block_ffn_dim_multiplier",
            "a width of at most %d".formatted(MAX_WIDTH),
            "width %.0f".formatted(multiplied));
      }
      adjusted = (int) multiplied;
    }
    if (adjusted < 1) {
      throw config.bad("intermediate_size", "at least 2", Integer.toString(size));
    }
    return adjusted;
  }

  /** Newer files nest theta; reading only the top level would silently give the default. */
  private static double ropeTheta(JsonObject config) {
    for (String key : List.of("rope_parameters", "rope_scaling")) {
      Optional<JsonObject> rope = config.object(key);
      Optional<JsonNode> type = rope.flatMap(object -> object.find("rope_type", "type"));
      if (type.isPresent() && !type.get().asString("").equals("default")) {
        throw config.bad(key, "rope_type \"default\" (no scaling)", type.get());
      }
    }
    double topLevel = config.positiveNumber(1e6, "rope_theta", "theta");
    return config
        .object("rope_parameters")
        .map(rope -> rope.positiveNumber(topLevel, "rope_theta"))
        .orElse(topLevel);
  }

  private static MoeConfig moe(JsonObject config, int layers) {
    int numExperts = config.requiredInteger(1, MAX_EXPERTS, "num_experts");
    return new MoeConfig(
        numExperts,
        config.integer(1, numExperts, "num_experts_per_tok").orElse(Math.min(4, numExperts)),
        config.requiredInteger(1, MAX_WIDTH, "moe_intermediate_size"),
        config.integer(0, layers, "num_dense_layers").orElse(Math.min(2, layers)),
        config.bool(true, "norm_topk_prob"),
        config.bool(true, "use_expert_bias"),
        (float) config.positiveNumber(1.0, "routed_scaling_factor"));
  }
}
