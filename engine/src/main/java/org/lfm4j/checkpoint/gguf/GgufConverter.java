package org.lfm4j.checkpoint.gguf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.tensor.DType;

/** Puts a checkpoint's configuration and weights into a {@link GgufWriter}. */
public final class GgufConverter {
  private static final int SIGMOID = 2;
  private static final int QUANTISATION_VERSION = 2;

  /** Where weights come from. */
  @FunctionalInterface
  public interface Weights {
    /**
     * Returns the rows of one stored tensor.
     *
     * @param names published names of the weights that it holds one after the other: one, or one
     *     for each expert
     * @param columns row length
     * @param type what to write
     */
    GgufWriter.Rows rows(List<String> names, int columns, DType type);
  }

  private final ModelConfig config;
  private final GgufMix mix;
  private final String architecture;
  private final GgufWriter writer = new GgufWriter();

  private GgufConverter(ModelConfig config, GgufMix mix) {
    this.config = config;
    this.mix = mix;
    this.architecture = config.moe().isPresent() ? "lfm2moe" : "lfm2";
  }

  /**
   * Returns a writer to which the caller adds the tokenizer.
   *
   * @param checkpoint read while the file is written
   * @param name what the model is called
   * @throws CheckpointException if the format has no place for something in the model
   */
  public static GgufWriter convert(Checkpoint checkpoint, String name, GgufMix mix) {
    return convert(
        checkpoint.config(),
        checkpoint.has(ExpectedTensors.LM_HEAD),
        name,
        mix,
        (names, columns, type) ->
            new CheckpointRows(names.stream().map(checkpoint::tensor).toList(), columns, type));
  }

  /**
   * Returns a writer to which the caller adds the tokenizer.
   *
   * @param head whether there is an output head apart from the embedding
   * @param name what the model is called
   * @throws CheckpointException if the format has no place for something in the model
   */
  public static GgufWriter convert(
      ModelConfig config, boolean head, String name, GgufMix mix, Weights weights) {
    GgufConverter converter = new GgufConverter(config, mix);
    converter.metadata(name);
    converter.tensors(head, weights);
    return converter.writer;
  }

  private void metadata(String name) {
    writer.put("general.architecture", new GgufValue.Text(architecture));
    writer.put("general.type", new GgufValue.Text("model"));
    writer.put("general.name", new GgufValue.Text(name));
    writer.put("general.file_type", new GgufValue.Whole(mix.fileType()));
    writer.put("general.quantization_version", new GgufValue.Whole(QUANTISATION_VERSION));
    put("block_count", config.layers().size());
    put("context_length", config.maxPositionEmbeddings());
    put("embedding_length", config.hiddenSize());
    put("feed_forward_length", config.intermediateSize());
    put("vocab_size", config.vocabSize());
    put("attention.head_count", config.numHeads());
    writer.put(
        architecture + ".attention.head_count_kv",
        new GgufValue.Wholes(
            config.layers().stream()
                .map(kind -> kind == LayerKind.CONV ? 0 : config.numKvHeads())
                .toList()));
    put("attention.key_length", config.headDim());
    put("attention.value_length", config.headDim());
    put("rope.dimension_count", config.headDim());
    number("attention.layer_norm_rms_epsilon", config.normEps());
    number("rope.freq_base", (float) config.ropeTheta());
    put("shortconv.l_cache", config.convLength());
    config.moe().ifPresent(this::experts);
  }

  private void experts(MoeConfig moe) {
    put("expert_count", moe.numExperts());
    put("expert_used_count", moe.numExpertsPerToken());
    put("expert_feed_forward_length", moe.intermediateSize());
    put("leading_dense_block_count", moe.numDenseLayers());
    put("expert_gating_func", SIGMOID);
    if (moe.routedScalingFactor() != 1) {
      number("expert_weights_scale", moe.routedScalingFactor());
    }
    if (!moe.normTopkProb()) {
      writer.put(architecture + ".expert_weights_norm", new GgufValue.Truth(false));
    }
  }

  private void put(String key, int value) {
    writer.put(architecture + "." + key, new GgufValue.Whole(value));
  }

  private void number(String key, float value) {
    writer.put(architecture + "." + key, new GgufValue.Real(value));
  }

  /** Experts follow one another in the expected weights, so their parts are collected. */
  private void tensors(boolean head, Weights weights) {
    Map<String, List<Integer>> shapes = new LinkedHashMap<>(ExpectedTensors.of(config));
    if (head) {
      shapes.put(ExpectedTensors.LM_HEAD, List.of(config.vocabSize(), config.hiddenSize()));
    }
    Map<String, List<String>> parts = new LinkedHashMap<>();
    Map<String, List<Integer>> stored = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> {
      GgufNames.Stored at =
          GgufNames.find(name)
              .orElseThrow(() ->
                  new CheckpointException(
                      "%s: GGUF files of LFM2 models have no such weight; this model can't be converted"
                          .formatted(name)));
      parts.computeIfAbsent(at.name(), key -> new ArrayList<>()).add(name);
      stored.put(at.name(), at.expert().isPresent() ? stacked(shape) : plain(shape));
    });
    parts.forEach((name, names) -> add(name, names, stored.getOrDefault(name, List.of()), weights));
  }

  private List<Integer> stacked(List<Integer> shape) {
    int experts = config.moe().orElseThrow().numExperts();
    return List.of(experts, shape.getFirst(), shape.getLast());
  }

  /** The convolution's [hidden, 1, length] loses its middle. */
  private static List<Integer> plain(List<Integer> shape) {
    return shape.size() == 3 ? List.of(shape.getFirst(), shape.getLast()) : shape;
  }

  private void add(String stored, List<String> names, List<Integer> shape, Weights weights) {
    int columns = shape.getLast();
    int layer = GgufNames.layer(stored);
    DType type = mix.type(stored, columns, layer, config.layers().size());
    writer.add(stored, shape, type, weights.rows(names, columns, type));
  }
}
