package org.lfm4j.text;

import java.nio.charset.StandardCharsets;

/** UTF-8 of Java strings, in which unpaired surrogates become U+FFFD as other encoders have it. */
final class Utf8 {
  private Utf8() {}

  static byte[] encode(String text) {
    return wellFormed(text).getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the text with each unpaired surrogate replaced by U+FFFD. */
  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!isPair(text, i)) {
          return replaceUnpaired(text, i);
        }
        i++;
      }
    }
    return text;
  }

  private static String replaceUnpaired(String text, int first) {
    StringBuilder repaired = new StringBuilder(text);
    for (int i = first; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (isPair(text, i)) {
          i++;
        } else {
          repaired.setCharAt(i, '\uFFFD');
        }
      }
    }
    return repaired.toString();
  }

  private static boolean isPair(String text, int i) {
    return i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
  }

  /** Returns the length of the character whose first byte this is, in well-formed UTF-8. */
  static int length(byte first) {
    if (first >= 0) {
      return 1;
    }
    int lead = first & 0xFF;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }

  /** Returns the code point that starts at {@code i} in well-formed UTF-8. */
  static int codePoint(byte[] utf8, int i) {
    int lead = utf8[i] & 0xFF;
    if (lead < 0x80) {
      return lead;
    }
    int second = utf8[i + 1] & 0x3F;
    if (lead < 0xE0) {
      return (lead & 0x1F) << 6 | second;
    }
    int third = utf8[i + 2] & 0x3F;
    if (lead < 0xF0) {
      return (lead & 0x0F) << 12 | second << 6 | third;
    }
    return (lead & 0x07) << 18 | second << 12 | third << 6 | (utf8[i + 3] & 0x3F);
  }
}
