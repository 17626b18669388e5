package org.lfm4j.text;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * A byte-level BPE in pieces, as GGUF files have it.
 *
 * @param tokens spelling by id
 * @param kinds kind by id, as numbered below; where the list is shorter, {@link #NORMAL}
 * @param merges rules, lowest rank first: two spellings with a blank between
 * @param preTokenizer name of the rule that cuts text into pieces
 * @param bos id put before a text
 * @param eos id put after a text
 */
public record TokenizerParts(
    List<String> tokens,
    List<Integer> kinds,
    List<String> merges,
    String preTokenizer,
    OptionalInt bos,
    OptionalInt eos) {
  /** Made from text by BPE. */
  public static final int NORMAL = 1;

  /** Written by templates only. */
  public static final int CONTROL = 3;

  /** Cut out of text before BPE. */
  public static final int USER_DEFINED = 4;

  /** Has no text. */
  public static final int UNUSED = 5;

  /** Copies the lists. */
  public TokenizerParts {
    tokens = List.copyOf(tokens);
    kinds = List.copyOf(kinds);
    merges = List.copyOf(merges);
  }

  /**
   * Takes a tokenizer.json apart.
   *
   * @param size rows of the model's embedding: ids without a token are filled up with unused ones
   * @throws TextException if it is damaged or has more tokens than that
   */
  public static TokenizerParts read(Path tokenizerJson, int size) {
    return TokenizerPartsReader.read(tokenizerJson, size);
  }

  /** Returns the kind of an id. */
  int kind(int id) {
    return id < kinds.size() ? kinds.get(id) : NORMAL;
  }
}
