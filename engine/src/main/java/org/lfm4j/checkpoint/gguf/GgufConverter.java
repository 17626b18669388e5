package org.lfm4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.tensor.BlockQuantiser;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** Puts a checkpoint's configuration and weights into a {@link GgufWriter}. */
public final class GgufConverter {
  private static final int SIGMOID = 2;
  private static final int QUANTISATION_VERSION = 2;

  private final Checkpoint checkpoint;
  private final ModelConfig config;
  private final GgufMix mix;
  private final String architecture;
  private final GgufWriter writer = new GgufWriter();

  private GgufConverter(Checkpoint checkpoint, GgufMix mix) {
    this.checkpoint = checkpoint;
    this.config = checkpoint.config();
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
    GgufConverter converter = new GgufConverter(checkpoint, mix);
    converter.metadata(name);
    converter.tensors();
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
    writer.put(architecture + "." + key, new GgufValue.Number(value));
  }

  /** Experts follow one another in the expected weights, so their parts are collected. */
  private void tensors() {
    Map<String, List<Tensor>> stacks = new LinkedHashMap<>();
    Map<String, Boolean> stacked = new LinkedHashMap<>();
    List<String> names = new ArrayList<>(ExpectedTensors.of(config).keySet());
    if (checkpoint.has(ExpectedTensors.LM_HEAD) && !names.contains(ExpectedTensors.LM_HEAD)) {
      names.add(ExpectedTensors.LM_HEAD);
    }
    for (String name : names) {
      GgufNames.Stored stored =
          GgufNames.find(name)
              .orElseThrow(() ->
                  new CheckpointException(
                      "%s: GGUF files of LFM2 models have no such weight; this model can't be converted"
                          .formatted(name)));
      stacks.computeIfAbsent(stored.name(), key -> new ArrayList<>()).add(checkpoint.tensor(name));
      stacked.put(stored.name(), stored.expert().isPresent());
    }
    stacks.forEach((name, parts) -> add(name, parts, stacked.getOrDefault(name, false)));
  }

  private void add(String name, List<Tensor> parts, boolean stacked) {
    Tensor first = parts.getFirst();
    List<Integer> shape = new ArrayList<>(first.shape());
    if (shape.size() == 3) {
      shape.remove(1); // [hidden, 1, length] of the convolution
    }
    int columns = shape.getLast();
    int rows = (int) (first.elements() / columns);
    if (stacked) {
      shape.addFirst(parts.size());
    }
    DType type = mix.type(name, columns, layer(name).orElse(-1), config.layers().size());
    writer.add(
        name,
        shape,
        type,
        (from, to, out) -> {
          long rowBytes = type.rowBytes(columns);
          IntStream.range(0, (int) (to - from))
              .parallel()
              .forEach(i -> {
                float[] row = new float[columns];
                Tensor part = parts.get((int) ((from + i) / rows));
                copyRow(part, (int) ((from + i) % rows), row);
                quantise(name, row, type, out, i * rowBytes);
              });
        });
  }

  private static void copyRow(Tensor tensor, int row, float[] out) {
    if (tensor.shape().size() == 1) {
      System.arraycopy(tensor.floats(), 0, out, 0, out.length);
    } else {
      tensor.copyRow(row, out, 0);
    }
  }

  private static void quantise(String name, float[] row, DType type, MemorySegment out, long at) {
    for (float value : row) {
      if (!Float.isFinite(value)) {
        throw new CheckpointException(
            "tensor %s: expected finite weights, found %s; download the model again"
                .formatted(name, value));
      }
    }
    BlockQuantiser.row(row, type, out, at);
  }

  private static OptionalInt layer(String stored) {
    return stored.startsWith("blk.")
        ? OptionalInt.of(Integer.parseInt(stored.split("\\.")[1]))
        : OptionalInt.empty();
  }
}
