package org.lfm4j.sampling.grammar;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.lfm4j.text.Tokenizer;

/** Vocabularies to compile for, and what outputs look like under their masks. */
final class Vocabularies {
  static final int END = 256;
  static final int CALL_START = 257;
  static final int CALL_END = 258;

  /** A token for each byte, one that ends, and the markers of tool calls. */
  static final TokenTrie BYTES =
      new TokenTrie(
          259,
          id -> new byte[] {(byte) id},
          id -> id < END,
          Map.of("<|tool_call_start|>", CALL_START, "<|tool_call_end|>", CALL_END),
          Set.of(END));

  /** Characters that bring an output closer to its end. */
  private static final String CLOSERS = ".>\"'}])01:,a";

  private Vocabularies() {}

  static Tokenizer demoTokenizer() {
    Path root = Path.of(System.getProperty("lfm4j.root"));
    return Tokenizer.load(
        root.resolve("demo-model").resolve("lfm2-demo").resolve("tokenizer.json"));
  }

  static TokenTrie trieOf(Tokenizer tokenizer) {
    return new TokenTrie(
        tokenizer.vocabSize(),
        tokenizer::bytes,
        id -> !tokenizer.isAdded(id),
        tokenizer.controlTokenIds(),
        Set.of(7));
  }

  static Grammar compile(GrammarSpec spec) {
    return new GrammarCompiler(BYTES).compile(spec);
  }

  /** Returns whether a text is the whole output of a grammar. */
  static boolean accepts(Grammar grammar, String text) {
    GrammarMatcher matcher = grammar.newMatcher();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (!matcher.mask().contains(b & 0xff)) {
        return false;
      }
      matcher.accept(b & 0xff);
    }
    return matcher.mask().contains(END);
  }

  /**
   * Draws a random output token by token; after some tokens it heads for the end.
   *
   * @throws AssertionError if there is ever no token to go on with, or no end is found
   */
  static int[] sample(Grammar grammar, TokenTrie trie, Random random, int freely) {
    GrammarMatcher matcher = grammar.newMatcher();
    int[] output = new int[4000];
    for (int i = 0; i < output.length; i++) {
      TokenBits mask = matcher.mask();
      if (mask.count() == 0) {
        throw new AssertionError("a dead end after " + i + " tokens");
      }
      int token = i < freely ? any(mask, trie, random) : closing(mask, trie, random);
      matcher.accept(token);
      if (matcher.ended()) {
        return Arrays.copyOf(output, i);
      }
      output[i] = token;
    }
    throw new AssertionError("no end after " + output.length + " tokens");
  }

  private static int any(TokenBits mask, TokenTrie trie, Random random) {
    int skip = random.nextInt(mask.count());
    for (int token = 0; token < trie.vocabSize(); token++) {
      if (mask.contains(token) && skip-- == 0) {
        return token;
      }
    }
    throw new AssertionError("a mask counts more tokens than it has");
  }

  private static int closing(TokenBits mask, TokenTrie trie, Random random) {
    for (int end : trie.endTokens()) {
      if (mask.contains(end)) {
        return end;
      }
    }
    List<Integer> closers = new ArrayList<>();
    for (int token = 0; token < trie.vocabSize(); token++) {
      byte[] text = trie.bytes(token);
      if (mask.contains(token) && text.length == 1 && CLOSERS.indexOf(text[0]) >= 0) {
        closers.add(token);
      }
    }
    if (!closers.isEmpty()) {
      return closers.get(random.nextInt(closers.size()));
    }
    return any(mask, trie, random);
  }
}
