package org.lfm4j.text;

import java.nio.file.Path;
import java.util.OptionalInt;

/** Byte-level BPE as tokenizer.json describes it. Thread-safe. */
public final class Tokenizer {
  private Tokenizer() {}

  /**
   * Loads a tokenizer.json.
   *
   * @throws TextException if it is not a byte-level BPE or is damaged
   */
  public static Tokenizer load(Path tokenizerJson) {
    throw new TextException("not built yet: " + tokenizerJson);
  }

  /** Returns one more than the highest id. */
  public int vocabSize() {
    throw new TextException("not built yet");
  }

  /** Returns the id of a token by its exact text, special tokens included. */
  public OptionalInt id(String token) {
    throw new TextException("not built yet: " + token);
  }

  /** Returns whether an id is a special token. */
  public boolean isSpecial(int id) {
    throw new TextException("not built yet: " + id);
  }

  /**
   * Encodes plain text. Special-token look-alikes in it stay text.
   *
   * @param addSpecialTokens whether the post-processor's tokens (bos) are added
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    throw new TextException("not built yet: " + text + addSpecialTokens);
  }

  /**
   * Encodes a rendered conversation: the template's control tokens become ids, guarded ones text.
   */
  public int[] encode(RenderedPrompt prompt) {
    throw new TextException("not built yet: " + prompt);
  }

  /** Decodes ids; ids without text (padding rows) decode to nothing. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    throw new TextException("not built yet: " + ids.length + skipSpecialTokens);
  }

  /** Returns a decoder for one stream of ids. */
  public StreamDecoder newStreamDecoder(boolean skipSpecialTokens) {
    throw new TextException("not built yet: " + skipSpecialTokens);
  }
}
