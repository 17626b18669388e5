package org.lfm4j.sampling;

import java.util.Arrays;

/**
 * The distinct tokens of a sequence and how often each is in the output. A hash table as large as
 * the sequence needs, not as the vocabulary: a server holds a thousand of them.
 */
final class TokenCounts {
  private int[] tokens = new int[32];
  private int[] inOutput = new int[32];
  private int size;

  /** Open addressing; an entry is an index into tokens plus one, 0 is free. */
  private int[] slots = new int[64];

  /** Counts a token of the prompt ({@code occurrences} 0) or of the output (1). */
  void add(int token, int occurrences) {
    int slot = slotOf(token);
    if (slots[slot] == 0) {
      if (size == tokens.length) {
        grow();
        slot = slotOf(token);
      }
      tokens[size] = token;
      slots[slot] = ++size;
    }
    inOutput[slots[slot] - 1] += occurrences;
  }

  int size() {
    return size;
  }

  int token(int index) {
    return tokens[index];
  }

  int inOutput(int index) {
    return inOutput[index];
  }

  private int slotOf(int token) {
    int mask = slots.length - 1;
    int slot = ((token * 0x9e3779b9) >>> 8) & mask;
    while (slots[slot] != 0 && tokens[slots[slot] - 1] != token) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    tokens = Arrays.copyOf(tokens, 2 * size);
    inOutput = Arrays.copyOf(inOutput, 2 * size);
    slots = new int[2 * slots.length];
    for (int i = 0; i < size; i++) {
      slots[slotOf(tokens[i])] = i + 1;
    }
  }
}
