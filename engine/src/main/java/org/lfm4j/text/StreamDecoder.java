package org.lfm4j.text;

/**
 * Turns ids into text one at a time, never cutting a character in two. Bytes that can't become a
 * character come out as U+FFFD, one for each maximal part of a sequence (Unicode 16, section 3.9),
 * as in Hugging Face's decode. Not thread-safe.
 */
public final class StreamDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;

  /**
   * The character being read: its bits so far, how many bytes are missing, the next one's range.
   */
  private int codePoint;

  private int missing;
  private int lowest;
  private int highest;

  StreamDecoder(Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /** Appends a token and returns the text that became complete, possibly empty. */
  public String push(int id) {
    StringBuilder text = new StringBuilder();
    push(id, text);
    return text.toString();
  }

  /** Returns what is left: bytes that never became a character come out as U+FFFD. */
  public String finish() {
    StringBuilder text = new StringBuilder();
    finish(text);
    return text.toString();
  }

  void push(int id, StringBuilder text) {
    if (skipSpecialTokens && tokenizer.isSkipped(id)) {
      return;
    }
    int length = tokenizer.byteLength(id);
    for (int i = 0; i < length; i++) {
      push(tokenizer.byteAt(id, i), text);
    }
  }

  void finish(StringBuilder text) {
    if (missing > 0) {
      missing = 0;
      text.append(REPLACEMENT);
    }
  }

  private void push(byte next, StringBuilder text) {
    int b = next & 0xFF;
    if (missing > 0) {
      if (b >= lowest && b <= highest) {
        codePoint = codePoint << 6 | (b & 0x3F);
        lowest = 0x80;
        highest = 0xBF;
        if (--missing == 0) {
          text.appendCodePoint(codePoint);
        }
        return;
      }
      missing = 0;
      text.append(REPLACEMENT);
    }
    if (b < 0x80) {
      text.append((char) b);
    } else if (b < 0xC2 || b > 0xF4) {
      text.append(REPLACEMENT);
    } else {
      missing = b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
      codePoint = b & (0x3F >> missing);
      // The second byte's range keeps out overlong forms, surrogates and what is above U+10FFFF.
      lowest = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
      highest = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    }
  }
}
