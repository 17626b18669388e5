package org.lfm4j.bench;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.gguf.GgufConverter;
import org.lfm4j.checkpoint.gguf.GgufMix;
import org.lfm4j.checkpoint.gguf.GgufValue;
import org.lfm4j.checkpoint.gguf.GgufWriter;
import org.lfm4j.tensor.BlockQuantiser;
import org.lfm4j.tensor.DType;

/**
 * A .gguf file with random weights in the shape of a published model, which llama.cpp loads, too:
 * good for speed and memory, not for text. Matrices of the same width and type take their rows from
 * a few quantised ones, so that large files are written as fast as the disk allows.
 *
 * <p>Usage: {@code SyntheticGguf SHAPE TYPE FILE}, as in {@code 24b-a2b Q4_0 24b.gguf}.
 */
public final class SyntheticGguf {
  /** A prime, so that rows of equal number in different matrices differ. */
  private static final int ROWS = 61;

  private static final String TEMPLATE =
      "{{- bos_token -}}{%- for m in messages -%}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{%- endfor -%}<|im_start|>assistant\n";

  private final Map<String, byte[]> pools = new HashMap<>();
  private final SplittableRandom random = new SplittableRandom(1);

  private SyntheticGguf() {}

  /** Writes the file. */
  public static void main(String[] args) {
    ModelConfig config = SyntheticModel.config(args[0]);
    GgufMix mix = GgufMix.valueOf(args[1]);
    SyntheticGguf weights = new SyntheticGguf();
    GgufWriter writer = GgufConverter.convert(config, false, args[0], mix, weights::rows);
    addTokenizer(writer, config);
    writer.write(Path.of(args[2]));
  }

  private GgufWriter.Rows rows(List<String> names, int columns, DType type) {
    String name = names.getFirst();
    float centre = name.endsWith("norm.weight") ? 1 : 0;
    float scale =
        centre == 1 ? 0.1f : name.endsWith("bias") ? 0.01f : (float) Math.sqrt(3.0 / columns);
    byte[] pool =
        pools.computeIfAbsent(
            "%s %d %s".formatted(type, columns, centre), key -> pool(columns, type, centre, scale));
    int rowBytes = (int) type.rowBytes(columns);
    int first = random.nextInt(ROWS);
    return (from, to, out) -> {
      for (long row = from; row < to; row++) {
        int at = (int) ((first + row) % ROWS) * rowBytes;
        MemorySegment.copy(MemorySegment.ofArray(pool), at, out, (row - from) * rowBytes, rowBytes);
      }
    };
  }

  private byte[] pool(int columns, DType type, float centre, float scale) {
    int rowBytes = (int) type.rowBytes(columns);
    byte[] pool = new byte[ROWS * rowBytes];
    float[] row = new float[columns];
    for (int r = 0; r < ROWS; r++) {
      for (int i = 0; i < columns; i++) {
        row[i] = centre + scale * (2 * random.nextFloat() - 1);
      }
      BlockQuantiser.row(row, type, MemorySegment.ofArray(pool), (long) r * rowBytes);
    }
    return pool;
  }

  /** Enough for both programs to load it: bytes, control tokens, one merge and words. */
  private static void addTokenizer(GgufWriter writer, ModelConfig config) {
    List<String> tokens =
        new ArrayList<>(
            List.of(
                "<|pad|>",
                "<|startoftext|>",
                "<|endoftext|>",
                "<|fim_pre|>",
                "<|fim_mid|>",
                "<|fim_suf|>",
                "<|im_start|>",
                "<|im_end|>"));
    List<Integer> kinds = new ArrayList<>(Collections.nCopies(tokens.size(), 3));
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad);
      tokens.add(Character.toString(printable ? b : next++));
    }
    tokens.add("ab");
    while (tokens.size() < config.vocabSize()) {
      tokens.add("w%05d".formatted(tokens.size()));
    }
    kinds.addAll(Collections.nCopies(tokens.size() - kinds.size(), 1));
    writer.put("tokenizer.ggml.model", new GgufValue.Text("gpt2"));
    writer.put("tokenizer.ggml.pre", new GgufValue.Text("lfm2"));
    writer.put("tokenizer.ggml.tokens", new GgufValue.Texts(tokens));
    writer.put("tokenizer.ggml.token_type", new GgufValue.Wholes(kinds));
    writer.put("tokenizer.ggml.merges", new GgufValue.Texts(List.of("a b")));
    writer.put("tokenizer.ggml.bos_token_id", new GgufValue.Whole(config.bosTokenId()));
    writer.put("tokenizer.ggml.eos_token_id", new GgufValue.Whole(config.eosTokenId()));
    writer.put("tokenizer.ggml.padding_token_id", new GgufValue.Whole(config.padTokenId()));
    writer.put("tokenizer.chat_template", new GgufValue.Text(TEMPLATE));
  }
}
