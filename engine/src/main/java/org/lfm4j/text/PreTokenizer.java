package org.lfm4j.text;

import java.util.Set;

/**
 * Cuts UTF-8 text into the pieces that BPE works on, as the split patterns of the LFM2 tokenizers
 * do, without a regular-expression engine. Alternatives of the pattern are tried in its order.
 */
final class PreTokenizer {
  /**
   * The patterns this scanner implements: that of LFM2's 65,536-entry tokenizer and that of the
   * 128,000-entry one. They differ in writing only. A greedy {@code \s*[\r\n]+} ends after the last
   * newline of a run of blanks, and so does {@code \s*[\r\n]}; a lone {@code \s} is reached only
   * where {@code \s+} would match one character.
   */
  static final Set<String> PATTERNS =
      Set.of(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s");

  private static final int OTHER = 0;
  private static final int LETTER = 1;
  private static final int NUMBER = 2;
  private static final int BLANK = 3;
  private static final int NEWLINE = 4;

  private static final int LETTERS =
      1 << Character.UPPERCASE_LETTER
          | 1 << Character.LOWERCASE_LETTER
          | 1 << Character.TITLECASE_LETTER
          | 1 << Character.MODIFIER_LETTER
          | 1 << Character.OTHER_LETTER;
  private static final int NUMBERS =
      1 << Character.DECIMAL_DIGIT_NUMBER
          | 1 << Character.LETTER_NUMBER
          | 1 << Character.OTHER_NUMBER;

  private static final byte[] ASCII = asciiKinds();

  private PreTokenizer() {}

  private static byte[] asciiKinds() {
    byte[] kinds = new byte[128];
    for (int c = 0; c < 128; c++) {
      kinds[c] = (byte) kindOf(c);
    }
    return kinds;
  }

  private static int kindOf(int c) {
    if (c == '\r' || c == '\n') {
      return NEWLINE;
    }
    if (isWhiteSpace(c)) {
      return BLANK;
    }
    int category = 1 << Character.getType(c);
    return (category & LETTERS) != 0 ? LETTER : (category & NUMBERS) != 0 ? NUMBER : OTHER;
  }

  /** Unicode's White_Space property, which neither of Java's two notions of a blank is. */
  static boolean isWhiteSpace(int c) {
    return c == ' '
        || (c >= '\t' && c <= '\r')
        || c == 0x85
        || c == 0xA0
        || (c >= 0x1680 && Character.isSpaceChar(c));
  }

  private static int kind(byte[] utf8, int i) {
    byte b = utf8[i];
    return b >= 0 ? ASCII[b] : kindOf(Utf8.codePoint(utf8, i));
  }

  /** Returns where the piece that starts at {@code from} ends; {@code from < end}. */
  static int pieceEnd(byte[] utf8, int from, int end) {
    if (utf8[from] == '\'') {
      int length = contraction(utf8, from + 1, end);
      if (length > 0) {
        return from + 1 + length;
      }
    }
    int kind = kind(utf8, from);
    int next = from + Utf8.length(utf8[from]);
    if (kind == LETTER) {
      return skip(utf8, next, end, LETTER);
    }
    if (kind == NUMBER) {
      return numbers(utf8, next, end);
    }
    int following = next < end ? kind(utf8, next) : NEWLINE;
    if (following == LETTER && kind != NEWLINE) {
      return skip(utf8, next, end, LETTER);
    }
    if (kind == OTHER || (following == OTHER && utf8[from] == ' ')) {
      return skip(utf8, skip(utf8, next, end, OTHER), end, NEWLINE);
    }
    return blanks(utf8, from, end);
  }

  /** Returns the length of what follows the apostrophe of 's 't 'm 'd 're 've 'll, or 0. */
  private static int contraction(byte[] utf8, int i, int end) {
    if (i == end) {
      return 0;
    }
    int first = utf8[i] | 0x20;
    int second = i + 1 < end ? utf8[i + 1] | 0x20 : 0;
    return switch (first) {
      case 's', 't', 'm', 'd' -> 1;
      case 'r', 'v' -> second == 'e' ? 2 : 0;
      case 'l' -> second == 'l' ? 2 : 0;
      // U+017F, the long s, is an s when case is ignored.
      default -> utf8[i] == (byte) 0xC5 && i + 1 < end && utf8[i + 1] == (byte) 0xBF ? 2 : 0;
    };
  }

  private static int skip(byte[] utf8, int from, int end, int kind) {
    int i = from;
    while (i < end && kind(utf8, i) == kind) {
      i += Utf8.length(utf8[i]);
    }
    return i;
  }

  private static int numbers(byte[] utf8, int second, int end) {
    int i = second;
    for (int n = 1; n < 3 && i < end && kind(utf8, i) == NUMBER; n++) {
      i += Utf8.length(utf8[i]);
    }
    return i;
  }

  private static int blanks(byte[] utf8, int from, int end) {
    int afterNewline = from;
    int last = from;
    int i = from;
    while (i < end) {
      int kind = kind(utf8, i);
      if (kind != BLANK && kind != NEWLINE) {
        break;
      }
      last = i;
      i += Utf8.length(utf8[i]);
      if (kind == NEWLINE) {
        afterNewline = i;
      }
    }
    if (afterNewline > from) {
      return afterNewline;
    }
    return i == end || last == from ? i : last;
  }
}
