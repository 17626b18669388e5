package org.lfm4j.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.RandomCheckpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Logits that transformers computed in FP32 for a random-weight model or the demo model
 * (tools/golden/models.py).
 *
 * @param name model
 * @param config its config.json, read by our reader
 * @param seed of random weights
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
    OptionalLong seed,
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

  /** The trained model of this repository. */
  public static final String DEMO = "demo";

  /** Reads a golden model. */
  public static GoldenModel load(String name) {
    String folder = "/golden/" + name + "/";
    JsonNode golden = JsonMapper.shared().readTree(text(folder + "golden.json"));
    ModelConfig config =
        name.equals(DEMO)
            ? ModelConfigReader.read(demoDirectory().resolve("config.json"))
            : ModelConfigReader.parse(folder, text(folder + "config.json"));
    byte[] bytes = resource(folder + "logits.f32");
    float[] logits = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(logits);
    return new GoldenModel(
        name,
        config,
        golden.get("seed").isNull()
            ? OptionalLong.empty()
            : OptionalLong.of(golden.get("seed").longValue()),
        ints(golden.get("tokens")),
        logits,
        error(golden.get("fp32_against_fp64")),
        error(golden.get("bf16_against_fp32")),
        ints(golden.get("bf16_top1")));
  }

  /** Opens or makes the weights, the same as transformers had. */
  public Checkpoint checkpoint() {
    return seed.isPresent()
        ? new RandomCheckpoint(config, seed.getAsLong())
        : SafetensorsCheckpoint.open(demoDirectory());
  }

  private static Path demoDirectory() {
    return Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo");
  }

  private static String text(String path) {
    return new String(resource(path), StandardCharsets.UTF_8);
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
