package org.lfm4j.sampling.grammar;

import java.nio.charset.StandardCharsets;

/**
 * Cuts sets of characters into ranges of byte sequences, as table 3-7 of the Unicode standard
 * (16.0) has them. Surrogates are no characters and left out.
 */
final class Utf8Sequences {
  /** Receives one range: the bytes of its first and its last character, equally many. */
  interface Receiver {
    void sequence(byte[] first, byte[] last);
  }

  private static final int[] LAST_BY_LENGTH = {0x7f, 0x7ff, 0xffff, 0x10ffff};
  private static final CharSet CHARACTERS =
      CharSet.range(Character.MIN_SURROGATE, Character.MAX_SURROGATE).not();

  private Utf8Sequences() {}

  static void forEach(CharSet set, Receiver receiver) {
    for (int[] range : set.and(CHARACTERS).ranges()) {
      int from = range[0];
      for (int last : LAST_BY_LENGTH) {
        if (from <= last && from <= range[1]) {
          split(from, Math.min(last, range[1]), receiver);
          from = last + 1;
        }
      }
    }
  }

  /** Splits until all bytes after the first that differs run over their whole range. */
  private static void split(int first, int last, Receiver receiver) {
    int length = utf8(first).length;
    for (int i = 1; i < length; i++) {
      int mask = (1 << (6 * i)) - 1;
      if ((first & ~mask) != (last & ~mask)) {
        if ((first & mask) != 0) {
          split(first, first | mask, receiver);
          split((first | mask) + 1, last, receiver);
          return;
        }
        if ((last & mask) != mask) {
          split(first, (last & ~mask) - 1, receiver);
          split(last & ~mask, last, receiver);
          return;
        }
      }
    }
    receiver.sequence(utf8(first), utf8(last));
  }

  private static byte[] utf8(int codePoint) {
    return Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
  }
}
