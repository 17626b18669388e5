package org.lfm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lfm4j.tensor.Tensor;

/** Complete small random models: their configurations, and model directories without tokenizer. */
public final class TinyModels {
  private TinyModels() {}

  /** Returns the config.json of a dense model of four layers. */
  public static String denseConfig(int vocabSize) {
    return """
    {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", "vocab_size": %d,
     "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
     "intermediate_size": 96, "block_auto_adjust_ff_dim": false, "conv_L_cache": 3,
     "max_position_embeddings": 4096, "rope_theta": 1000000.0,
     "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
     "layer_types": ["conv", "full_attention", "conv", "full_attention"]}
    """
        .formatted(vocabSize);
  }

  /** Returns the config.json of a mixture-of-experts model of four layers, the first dense. */
  public static String moeConfig(int vocabSize) {
    return """
    {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", "vocab_size": %d,
     "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
     "intermediate_size": 96, "moe_intermediate_size": 32, "num_experts": 8,
     "num_experts_per_tok": 3, "num_dense_layers": 1, "conv_L_cache": 3,
     "max_position_embeddings": 4096,
     "rope_parameters": {"rope_theta": 5000000.0, "rope_type": "default"},
     "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
     "layer_types": ["conv", "full_attention", "conv", "conv"]}
    """
        .formatted(vocabSize);
  }

  /** Makes a model in memory. */
  public static RandomCheckpoint inMemory(String configJson, long seed) {
    return new RandomCheckpoint(ModelConfigReader.parse("config.json", configJson), seed);
  }

  /**
   * Writes config.json and model.safetensors.
   *
   * @return the directory
   */
  public static Path write(Path directory, String configJson, long seed) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("config.json"), configJson);
      SafetensorsWriter.write(
          directory.resolve("model.safetensors"), tensors(configJson, seed, arena));
      return directory;
    }
  }

  /** Returns all weights of a model, in the published layout. */
  static List<Tensor> tensors(String configJson, long seed, Arena arena) {
    List<Tensor> tensors = new ArrayList<>();
    ExpectedTensors.of(ModelConfigReader.parse("config.json", configJson))
        .forEach((name, shape) -> tensors.add(RandomWeights.tensor(name, shape, seed, arena)));
    return tensors;
  }
}
