package org.lfm4j.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;

/**
 * A model directory with random weights in the shapes of a published model: good for speed and
 * memory, not for text. Weights have variance 1/columns, so that activations stay of size 1.
 */
public final class SyntheticModel {
  /** Shapes by name, from the models' config.json. */
  private static final Map<String, String> CONFIGS =
      Map.of(
          "350m", dense(1024, 16, 4608),
          "1.2b", dense(2048, 32, 8192),
          "8b-a1b", moe(24, 7168, 1792, 32, List.of(2, 6, 10, 14, 18, 21)),
          "24b-a2b", moe(40, 11776, 1536, 64, List.of(2, 6, 10, 14, 18, 22, 26, 30, 34, 38)));

  private SyntheticModel() {}

  /** Writes a directory: {@code SyntheticModel SHAPE DIRECTORY}. */
  public static void main(String[] args) throws IOException {
    write(Path.of(args[1]), args[0]);
  }

  /**
   * Returns a shape.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static ModelConfig config(String shape) {
    return ModelConfigReader.parse(shape, json(shape));
  }

  private static String json(String shape) {
    String json = CONFIGS.get(shape);
    if (json == null) {
      throw new IllegalArgumentException(
          "no shape %s: take one of %s".formatted(shape, CONFIGS.keySet()));
    }
    return json;
  }

  /**
   * Writes the directory unless it is there.
   *
   * @throws IllegalArgumentException if there is no such shape
   */
  static void write(Path directory, String shape) throws IOException {
    String json = json(shape);
    Path weights = directory.resolve("model.safetensors");
    if (Files.exists(weights)) {
      return;
    }
    Files.createDirectories(directory);
    Path config = directory.resolve("config.json");
    Files.writeString(config, json);
    Path part = directory.resolve("model.safetensors.part");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 20)) {
      writeTensors(ExpectedTensors.of(ModelConfigReader.read(config)), out);
    }
    Files.move(part, weights);
  }

  private static void writeTensors(Map<String, List<Integer>> shapes, OutputStream out)
      throws IOException {
    StringJoiner header = new StringJoiner(",", "{", "}");
    long offset = 0;
    for (Map.Entry<String, List<Integer>> tensor : shapes.entrySet()) {
      long end = offset + elements(tensor.getValue()) * width(tensor.getKey());
      header.add(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  tensor.getKey(),
                  width(tensor.getKey()) == 2 ? "BF16" : "F32",
                  tensor.getValue(),
                  offset,
                  end));
      offset = end;
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    byte[] length = new byte[Long.BYTES];
    little(length).putLong(padded.length);
    out.write(length);
    out.write(padded);
    SplittableRandom random = new SplittableRandom(1);
    for (Map.Entry<String, List<Integer>> tensor : shapes.entrySet()) {
      writeValues(tensor.getKey(), tensor.getValue(), random, out);
    }
  }

  private static void writeValues(
      String name, List<Integer> shape, SplittableRandom random, OutputStream out)
      throws IOException {
    boolean norm = name.endsWith("norm.weight");
    float scale = norm ? 0.1f : (float) Math.sqrt(3.0 / shape.getLast());
    int width = width(name);
    byte[] bytes = new byte[1 << 16];
    ByteBuffer chunk = little(bytes);
    for (long left = elements(shape); left > 0; left--) {
      float value = (norm ? 1 : 0) + scale * (2 * random.nextFloat() - 1);
      int bits = Float.floatToRawIntBits(value);
      if (width == 2) {
        chunk.putShort((short) (bits >>> 16));
      } else {
        chunk.putInt(bits);
      }
      if (!chunk.hasRemaining() || left == 1) {
        out.write(bytes, 0, chunk.position());
        chunk.clear();
      }
    }
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int width(String name) {
    return name.endsWith("expert_bias") ? 4 : 2;
  }

  private static long elements(List<Integer> shape) {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  private static String dense(int hidden, int heads, int feedForward) {
    return """
    {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", "vocab_size": 65536,
     "hidden_size": %d, "num_hidden_layers": 16, "num_attention_heads": %d,
     "num_key_value_heads": 8, "intermediate_size": %d, "block_auto_adjust_ff_dim": false,
     "conv_L_cache": 3, "norm_eps": 1e-5, "rope_theta": 1000000.0,
     "max_position_embeddings": 128000, "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
     "full_attn_idxs": [2, 5, 8, 10, 12, 14]}
    """
        .formatted(hidden, heads, feedForward);
  }

  private static String moe(
      int layers, int feedForward, int expert, int experts, List<Integer> attention) {
    return """
    {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", "vocab_size": 65536,
     "hidden_size": 2048, "num_hidden_layers": %d, "num_attention_heads": 32,
     "num_key_value_heads": 8, "intermediate_size": %d, "moe_intermediate_size": %d,
     "num_experts": %d, "num_experts_per_tok": 4, "num_dense_layers": 2, "norm_topk_prob": true,
     "use_expert_bias": true, "routed_scaling_factor": 1.0, "conv_L_cache": 3, "norm_eps": 1e-5,
     "rope_theta": 1000000.0, "max_position_embeddings": 128000, "bos_token_id": 1,
     "eos_token_id": 7, "pad_token_id": 0, "full_attn_idxs": %s}
    """
        .formatted(layers, feedForward, expert, experts, attention);
  }
}
