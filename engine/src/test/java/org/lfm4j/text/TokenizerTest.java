package org.lfm4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerTest {
  /** A hang, not a slow machine, is what this is to catch: the work takes well under a second. */
  private static final Duration HANG = Duration.ofSeconds(60);

  @TempDir static Path folder;

  private static Path file;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() throws IOException {
    file = SyntheticTokenizer.write(folder, 8_000, 5);
    tokenizer = Tokenizer.load(file);
  }

  @Test
  void knowsItsTokens() {
    assertThat(tokenizer.vocabSize()).isEqualTo(8_000);
    assertThat(tokenizer.id("<|im_end|>")).hasValue(7);
    assertThat(tokenizer.id("Ġ")).isPresent();
    assertThat(tokenizer.id(" ")).isEqualTo(OptionalInt.empty());
    assertThat(tokenizer.id("no such token")).isEqualTo(OptionalInt.empty());
    assertThat(tokenizer.token(7)).isEqualTo("<|im_end|>");
    assertThat(tokenizer.bytes(tokenizer.id("Ġ").orElseThrow())).containsExactly(' ');
    assertThat(tokenizer.isSpecial(7)).isTrue();
    assertThat(tokenizer.isSpecial(tokenizer.id("<think>").orElseThrow())).isFalse();
    assertThat(tokenizer.isSpecial(-1)).isFalse();
  }

  @Test
  void bosComesFirstWhenAskedFor() {
    assertThat(tokenizer.prefixIds()).containsExactly(1);
    assertThat(tokenizer.encode("", true)).containsExactly(1);
    assertThat(tokenizer.encode("", false)).isEmpty();
    assertThat(tokenizer.encode("x", true)[0]).isEqualTo(1);
  }

  @Test
  void userTextNeverBecomesControlToken() {
    RandomGenerator random = SyntheticTokenizer.random(6);
    int[] control = tokenizer.controlTokens().mapToInt(AddedToken::id).toArray();
    for (int i = 0; i < 3_000; i++) {
      String text = TestStrings.any(random);
      int[] ids = tokenizer.encode(text, false);
      assertThat(ids).doesNotContain(control);
      assertThat(tokenizer.decode(ids, false)).isEqualTo(Utf8.wellFormed(text));
    }
  }

  @Test
  void streamGivesTheSameTextAndNoHalfCharacters() {
    RandomGenerator random = SyntheticTokenizer.random(7);
    for (int i = 0; i < 500; i++) {
      String text = TestStrings.any(random);
      StreamDecoder decoder = tokenizer.newStreamDecoder(false);
      StringBuilder streamed = new StringBuilder();
      for (int id : tokenizer.encode(text, false)) {
        String piece = decoder.push(id);
        assertThat(Utf8.wellFormed(piece)).isEqualTo(piece);
        streamed.append(piece);
      }
      assertThat(decoder.finish()).isEmpty();
      assertThat(streamed.toString()).isEqualTo(Utf8.wellFormed(text));
    }
  }

  @Test
  void unfinishedCharacterComesOutAtTheEnd() {
    StreamDecoder decoder = tokenizer.newStreamDecoder(true);
    byte[] smile = "🙂".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertThat(decoder.push(byteToken(smile[0]))).isEmpty();
    assertThat(decoder.push(byteToken(smile[1]))).isEmpty();
    assertThat(decoder.push(7)).as("a skipped special token").isEmpty();
    assertThat(decoder.finish()).isEqualTo("\uFFFD");
    assertThat(decoder.finish()).isEmpty();
    assertThat(decoder.push(-5)).as("an id without text").isEmpty();
    assertThat(decoder.push(1 << 20)).as("an id without text").isEmpty();
  }

  private static int byteToken(byte b) {
    return tokenizer.id(SyntheticTokenizer.spell(new byte[] {b})).orElseThrow();
  }

  @Test
  void megabyteWordIsNoAttack() {
    RandomGenerator random = SyntheticTokenizer.random(8);
    StringBuilder letters = new StringBuilder();
    random.ints(1_000_000, 'a', 'z' + 1).forEach(c -> letters.append((char) c));
    for (String word :
        new String[] {letters.toString(), "a".repeat(1_000_000), " ".repeat(1_000_000)}) {
      int[] ids = assertTimeoutPreemptively(HANG, () -> tokenizer.encode(word, false));
      assertThat(tokenizer.decode(ids, false)).isEqualTo(word);
    }
    String lookAlikes = "<|".repeat(500_000);
    assertTimeoutPreemptively(
        HANG, () -> tokenizer.encode(new RenderedPrompt(lookAlikes, '\uFDD0')));
  }

  @Test
  void longAndShortPiecesMergeAlike() {
    Vocabulary vocabulary = new Vocabulary(bytesAnd("aa", "aaa", "ab"), allSearchable(259));
    MergeTable merges = new MergeTable(3);
    merges.put('a', 'a', 0, 256);
    merges.put(256, 'a', 1, 257);
    merges.put('a', 'b', 2, 258);
    int[] byteIds = new int[256];
    Arrays.setAll(byteIds, i -> i);
    Bpe bpe = new Bpe(vocabulary, merges, byteIds, false);
    RandomGenerator random = SyntheticTokenizer.random(9);
    for (int length = 2; length < 150; length++) {
      byte[] text = new byte[length];
      for (int i = 0; i < length; i++) {
        text[i] = (byte) (random.nextInt(4) == 0 ? 'b' : 'a');
      }
      int[] symbols = new int[length];
      Arrays.setAll(symbols, i -> text[i]);
      IntList heap = new IntList(8);
      new LongPiece(merges, symbols).merge(heap);
      IntList scan = new IntList(8);
      int[] again = new int[length];
      Arrays.setAll(again, i -> text[i]);
      int count = bpe.mergeShort(again, length);
      assertThat(heap.toArray()).containsExactly(Arrays.copyOf(again, count));
      bpe.encode(text, 0, length, scan);
      assertThat(scan.toArray()).containsExactly(heap.toArray());
    }
  }

  private static byte[][] bytesAnd(String... more) {
    byte[][] tokens = new byte[256 + more.length][];
    Arrays.setAll(tokens, i -> i < 256 ? new byte[] {(byte) i} : Utf8.encode(more[i - 256]));
    return tokens;
  }

  private static boolean[] allSearchable(int size) {
    boolean[] searchable = new boolean[size];
    Arrays.fill(searchable, true);
    return searchable;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "\"normalizer\":null ~ \"normalizer\":{\"type\":\"NFC\"} ~ normalizer",
        "\"type\":\"BPE\" ~ \"type\":\"Unigram\" ~ model",
        "{1,3} ~ {1} ~ pre_tokenizer",
        "\"dropout\":null ~ \"dropout\":0.1 ~ dropout",
        "\"ids\":[1] ~ \"ids\":[] ~ gives no ids",
        "\"Ġ\": ~ \"ĠĠĠĠĠ\": ~ merge",
        "\"version\" ~ \"version ~ damaged",
      })
  void refusesWhatItWouldEncodeDifferently(String old, String changed, String message)
      throws IOException {
    Path other = folder.resolve("other.json");
    Files.writeString(other, Files.readString(file).replace(old, changed));
    Optional<TextException> failure = Optional.empty();
    try {
      Tokenizer.load(other);
    } catch (TextException e) {
      failure = Optional.of(e);
    }
    assertThat(failure.isPresent()).isEqualTo(!message.isEmpty());
    failure.ifPresent(
        e -> assertThat(e).hasMessageContaining(message).hasMessageContaining("other.json"));
  }

  @Test
  void missingFileSaysWhatToDo() {
    assertThatThrownBy(() -> Tokenizer.load(folder.resolve("none.json")))
        .isInstanceOf(TextException.class)
        .hasMessageContaining("download");
  }
}
