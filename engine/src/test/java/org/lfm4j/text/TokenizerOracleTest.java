package org.lfm4j.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ids and text equal those of Hugging Face's tokenizers, over many strings. */
class TokenizerOracleTest {
  private static final int STRINGS = 20_000;

  @TempDir Path folder;

  @Test
  void syntheticTokenizerOfPublishedSize() throws IOException {
    Path file = SyntheticTokenizer.write(folder, 65_536, 1);
    compare(file, STRINGS);
  }

  @Test
  void secondPatternWithIgnoredMergesWrittenAsPairs() throws IOException {
    Path file =
        SyntheticTokenizer.write(folder, 9_000, 2, SyntheticTokenizer.PATTERN_128K, true, true);
    compare(file, 4_000);
  }

  private static void compare(Path file, int strings) throws IOException {
    Tokenizer ours = Tokenizer.load(file);
    RandomGenerator random = SyntheticTokenizer.random(42);
    try (HuggingFaceTokenizer theirs =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(file)
            .optAddSpecialTokens(true)
            .optTruncation(false)
            .optPadding(false)
            .build()) {
      for (int i = 0; i < strings; i++) {
        String text = TestStrings.any(random);
        String wellFormed = Utf8.wellFormed(text);
        long[] expected = theirs.encode(wellFormed, i % 2 == 0, false).getIds();
        int[] actual = ours.encodeTrusted(text, i % 2 == 0);
        assertThat(asLongs(actual)).as("ids of %s", escape(text)).isEqualTo(expected);
        assertThat(ours.decode(actual, true)).isEqualTo(theirs.decode(expected, true));
        long[] noise = random.longs(12, 0, ours.vocabSize()).toArray();
        assertThat(ours.decode(asInts(noise), i % 2 == 0))
            .as("text of %s", Arrays.toString(noise))
            .isEqualTo(theirs.decode(noise, i % 2 == 0));
      }
    }
  }

  private static long[] asLongs(int[] ids) {
    return Arrays.stream(ids).asLongStream().toArray();
  }

  private static int[] asInts(long[] ids) {
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  private static String escape(String text) {
    List<String> codes = new ArrayList<>();
    text.codePoints().forEach(c -> codes.add(Integer.toHexString(c)));
    return "'" + text + "' " + codes;
  }
}
