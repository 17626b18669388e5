package org.lfm4j.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.RandomCheckpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Logits that transformers computed in FP32 for a random-weight model (tools/golden/models.py).
 *
 * @param name model
 * @param config its config.json, read by our reader
 * @param seed of its weights
 * @param tokens the sequence
 * @param logits of every position [T, V]
 * @param fp32Unit error of the FP32 run against an FP64 run of the same code: what FP32 rounding
 *     costs in this model
 * @param bf16 error of the BF16 run against the FP32 run
 * @param bf16Top1 most likely token of each position in the BF16 run
 */
public record GoldenModel(
    String name,
    ModelConfig config,
    long seed,
    int[] tokens,
    float[] logits,
    LogitsError fp32Unit,
    LogitsError bf16,
    int[] bf16Top1) {

  /** Models with the widths of published ones, widest first. */
  public static final List<String> WIDE =
      List.of("24b-width", "2.6b-width", "1.2b-width", "700m-width", "350m-width");

  /** Small models, each with one awkward key. */
  public static final List<String> SMALL =
      List.of(
          "moe-theta-5e6",
          "moe-scaled",
          "moe-not-renormalised",
          "moe-without-bias",
          "conv-length-4",
          "conv-bias",
          "separate-head",
          "all-attention",
          "long");

  /** Reads a golden model. */
  public static GoldenModel load(String name) {
    String folder = "/golden/" + name + "/";
    JsonNode golden =
        JsonMapper.shared()
            .readTree(new String(resource(folder + "golden.json"), StandardCharsets.UTF_8));
    ModelConfig config =
        ModelConfigReader.parse(
            folder + "config.json",
            new String(resource(folder + "config.json"), StandardCharsets.UTF_8));
    byte[] bytes = resource(folder + "logits.f32");
    float[] logits = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(logits);
    return new GoldenModel(
        name,
        config,
        golden.get("seed").longValue(),
        ints(golden.get("tokens")),
        logits,
        error(golden.get("fp32_against_fp64")),
        error(golden.get("bf16_against_fp32")),
        ints(golden.get("bf16_top1")));
  }

  /** Makes the weights, the same as transformers had. */
  public Checkpoint checkpoint() {
    return new RandomCheckpoint(config, seed);
  }

  /** Returns the most likely token of each position. */
  public int[] top1(float[] logits) {
    int vocab = config.vocabSize();
    return IntStream.range(0, tokens.length)
        .map(t ->
            IntStream.range(0, vocab)
                .reduce((a, b) -> logits[t * vocab + b] > logits[t * vocab + a] ? b : a)
                .orElseThrow())
        .toArray();
  }

  /** Returns the distance of the two highest logits of a position. */
  public float margin(int position) {
    int vocab = config.vocabSize();
    float[] sorted = Arrays.copyOfRange(logits, position * vocab, (position + 1) * vocab);
    Arrays.sort(sorted);
    return sorted[vocab - 1] - sorted[vocab - 2];
  }

  /** Says at how many positions a run's most likely token is that of the FP32 run. */
  public String agreement(int[] top1) {
    int[] expected = top1(logits);
    long same = IntStream.range(0, expected.length).filter(t -> top1[t] == expected[t]).count();
    return "%d of %d".formatted(same, expected.length);
  }

  private static byte[] resource(String path) {
    try (InputStream in = GoldenModel.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing; make it with tools/golden/models.py");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LogitsError error(JsonNode node) {
    return new LogitsError(node.get("max").doubleValue(), node.get("rms").doubleValue());
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }

  @Override
  public String toString() {
    return name;
  }
}
