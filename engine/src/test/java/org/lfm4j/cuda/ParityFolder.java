package org.lfm4j.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * A model that {@code gpu/parity.py} wrote, and what transformers answers.
 *
 * @param prompts token ids
 * @param rounded logits [prompts, vocab] in BF16
 * @param exact the same in FP32, where they were computed
 * @param roundedExperts experts [tokens of all prompts, top] of the last layer in BF16, ascending
 * @param exactExperts the same in FP32
 */
record ParityFolder(
    Path path,
    int[][] prompts,
    float[][] rounded,
    Optional<float[][]> exact,
    Optional<int[]> roundedExperts,
    Optional<int[]> exactExperts) {

  static ParityFolder read(Path path) throws IOException {
    int[][] prompts =
        JsonMapper.shared().readValue(path.resolve("prompts.json").toFile(), int[][].class);
    return new ParityFolder(
        path,
        prompts,
        rows(path.resolve("logits.bin"), prompts.length),
        optional(path.resolve("exact.bin"))
            ? Optional.of(rows(path.resolve("exact.bin"), prompts.length))
            : Optional.empty(),
        ints(path.resolve("experts.bin")),
        ints(path.resolve("experts-exact.bin")));
  }

  String name() {
    return path.getFileName().toString();
  }

  /** Returns the model that this is the beginning of, or itself. */
  String family() {
    return name().replaceAll("-cut-.*", "");
  }

  /** Returns for each prompt whether two runs choose differently for any of its tokens. */
  boolean[] flips(int[] one, int[] other) {
    int tokens = Arrays.stream(prompts).mapToInt(p -> p.length).sum();
    int top = one.length / tokens;
    boolean[] flips = new boolean[prompts.length];
    int from = 0;
    for (int i = 0; i < prompts.length; i++) {
      int to = from + prompts[i].length * top;
      flips[i] = !Arrays.equals(one, from, to, other, from, to);
      from = to;
    }
    return flips;
  }

  private static boolean optional(Path file) {
    return Files.exists(file);
  }

  private static ByteBuffer bytes(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[][] rows(Path file, int count) throws IOException {
    ByteBuffer bytes = bytes(file);
    float[][] rows = new float[count][bytes.remaining() / Float.BYTES / count];
    int next = 0;
    for (float[] row : rows) {
      bytes.asFloatBuffer().get(next, row);
      next += row.length;
    }
    return rows;
  }

  private static Optional<int[]> ints(Path file) throws IOException {
    if (!optional(file)) {
      return Optional.empty();
    }
    ByteBuffer bytes = bytes(file);
    int[] values = new int[bytes.remaining() / Integer.BYTES];
    bytes.asIntBuffer().get(values);
    return Optional.of(values);
  }
}
