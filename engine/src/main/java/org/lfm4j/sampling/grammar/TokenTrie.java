package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * The tokens of a vocabulary as a trie over their bytes, in flat arrays: nodes in depth-first
 * order, each with the end of its subtree, so that a walk that skips a subtree is one jump. Built
 * once for a tokenizer. Immutable.
 */
public final class TokenTrie {
  /** The node above all tokens. */
  static final int ROOT = 0;

  private final int vocabSize;
  private final Set<Integer> endTokens;
  private final Map<String, Integer> controlTokens;
  private final byte[][] bytes;
  private final BitSet writable = new BitSet();

  private int[] depth = new int[1024];
  private byte[] label = new byte[1024];
  private int[] subtreeEnd = new int[1024];

  /** Tokens by node: those in {@code tokens} from this index up to the next node's. */
  private int[] firstToken = new int[1024];

  private final int[] tokens;
  private int nodes;
  private int longest;

  /**
   * Builds the trie.
   *
   * @param vocabSize logits of a row
   * @param bytes what a token stands for; nothing for ids without text
   * @param isText whether a token may be part of a text, which control tokens may not
   * @param controlTokens ids of the tokens that a grammar may name
   * @param endTokens ids that may follow where a grammar is complete
   */
  public TokenTrie(
      int vocabSize,
      IntFunction<byte[]> bytes,
      IntPredicate isText,
      Map<String, Integer> controlTokens,
      Set<Integer> endTokens) {
    this.vocabSize = vocabSize;
    // A checkpoint may name ids beyond its vocabulary: no row has logits for them.
    this.endTokens =
        endTokens.stream().filter(id -> id < vocabSize).collect(Collectors.toUnmodifiableSet());
    this.controlTokens = Map.copyOf(controlTokens);
    this.bytes = new byte[vocabSize][];
    List<Integer> texts = new ArrayList<>();
    for (int id = 0; id < vocabSize; id++) {
      this.bytes[id] = isText.test(id) ? bytes.apply(id) : new byte[0];
      if (this.bytes[id].length > 0) {
        texts.add(id);
      }
    }
    texts.sort(Comparator.comparing((Integer id) -> this.bytes[id], Arrays::compareUnsigned));
    this.tokens = texts.stream().mapToInt(Integer::intValue).toArray();
    build();
  }

  private void build() {
    addNode(0, (byte) 0, 0);
    int[] open = new int[Arrays.stream(tokens).map(id -> bytes[id].length).max().orElse(0) + 1];
    int openDepth = 0;
    byte[] before = new byte[0];
    for (int i = 0; i < tokens.length; i++) {
      byte[] text = bytes[tokens[i]];
      int shared = Arrays.mismatch(before, text);
      int common = shared < 0 ? text.length : shared;
      for (; openDepth > common; openDepth--) {
        subtreeEnd[open[openDepth]] = nodes;
      }
      while (openDepth < text.length) {
        open[openDepth + 1] = addNode(openDepth + 1, text[openDepth], i);
        openDepth++;
      }
      before = text;
      longest = Math.max(longest, text.length);
      if (text.length == 1) {
        writable.set(text[0] & 0xff);
      }
    }
    for (; openDepth >= 0; openDepth--) {
      subtreeEnd[open[openDepth]] = nodes;
    }
    addNode(0, (byte) 0, tokens.length);
    nodes--;
  }

  /** Tokens of a node are those that come before any token of a later node. */
  private int addNode(int nodeDepth, byte nodeLabel, int token) {
    if (nodes == depth.length) {
      depth = Arrays.copyOf(depth, 2 * nodes);
      label = Arrays.copyOf(label, 2 * nodes);
      subtreeEnd = Arrays.copyOf(subtreeEnd, 2 * nodes);
      firstToken = Arrays.copyOf(firstToken, 2 * nodes);
    }
    depth[nodes] = nodeDepth;
    label[nodes] = nodeLabel;
    firstToken[nodes] = token;
    return nodes++;
  }

  /** Returns the number of logits of a row. */
  public int vocabSize() {
    return vocabSize;
  }

  /** Returns the tokens that may follow where a grammar is complete. */
  public Set<Integer> endTokens() {
    return endTokens;
  }

  /** Returns the id of a control token that a grammar may name. */
  OptionalInt controlToken(String name) {
    Integer id = controlTokens.get(name);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Returns the bytes of a token that may be part of a text, none for others. */
  byte[] bytes(int token) {
    return bytes[token];
  }

  /** Returns the bytes that are tokens of their own. */
  BitSet writable() {
    return writable;
  }

  /** Returns the bytes of the longest token. */
  int longest() {
    return longest;
  }

  int depth(int node) {
    return depth[node];
  }

  int label(int node) {
    return label[node] & 0xff;
  }

  /** Returns the first node after all those below this one. */
  int subtreeEnd(int node) {
    return subtreeEnd[node];
  }

  int firstToken(int node) {
    return firstToken[node];
  }

  int token(int index) {
    return tokens[index];
  }
}
