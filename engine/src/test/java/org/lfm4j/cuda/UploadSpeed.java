package org.lfm4j.cuda;

import java.nio.file.Path;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.KernelCache;

/**
 * Prints how fast weights come to the device: those of the model directory given, or of a random
 * model of 2.3 GB in memory. Four times: the first one may read from the disk.
 */
public final class UploadSpeed {
  private static final String LARGE =
      """
      {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", "vocab_size": 65536,
       "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32,
       "num_key_value_heads": 8, "intermediate_size": 8192, "block_auto_adjust_ff_dim": false,
       "conv_L_cache": 3, "max_position_embeddings": 4096, "rope_theta": 1000000.0,
       "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
       "full_attn_idxs": [2, 5, 8, 10, 12, 14]}
      """;

  private UploadSpeed() {}

  /** Uploads and prints. */
  public static void main(String[] arguments) {
    try (Context context = Cuda.require().device(0).open();
        Checkpoint checkpoint =
            arguments.length == 0
                ? TinyModels.inMemory(LARGE, 1)
                : SafetensorsCheckpoint.open(Path.of(arguments[0]))) {
      for (int i = 0; i < 4; i++) {
        long start = System.nanoTime();
        try (DeviceWeights weights = DeviceWeights.upload(context, checkpoint, _ -> {})) {
          print("upload", weights.bytes(), System.nanoTime() - start);
        }
      }
      long start = System.nanoTime();
      try (DeviceWeights weights =
          DeviceWeights.dummy(context, checkpoint.config(), KernelCache.ofUser(), 1)) {
        print("dummy, compilation included", weights.bytes(), System.nanoTime() - start);
      }
    }
  }

  private static void print(String what, long bytes, long nanos) {
    System.out.printf(
        "%s: %.2f GB in %.3f s, %.2f GB/s%n",
        what, bytes / 1e9, nanos / 1e9, (double) bytes / nanos);
  }
}
