package org.lfm4j.text;

import java.util.Optional;

/**
 * The alphabet in which byte-level BPE files spell bytes: printable Latin-1 characters stand for
 * themselves, the other 68 bytes for U+0100 and on, in byte order (OpenAI's GPT-2 encoder).
 */
final class ByteAlphabet {
  private static final int SPELLINGS = 0x100 + 68;
  private static final short[] BYTE_OF = bytesBySpelling();
  private static final char[] SPELLING_OF = spellingsByByte();

  private ByteAlphabet() {}

  /** Returns how bytes are spelt. */
  static String spell(byte[] bytes) {
    StringBuilder spelling = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      spelling.append(SPELLING_OF[b & 0xff]);
    }
    return spelling.toString();
  }

  private static char[] spellingsByByte() {
    char[] spellings = new char[256];
    for (char c = 0; c < SPELLINGS; c++) {
      if (BYTE_OF[c] >= 0) {
        spellings[BYTE_OF[c]] = c;
      }
    }
    return spellings;
  }

  private static short[] bytesBySpelling() {
    short[] bytes = new short[SPELLINGS];
    java.util.Arrays.fill(bytes, (short) -1);
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      bytes[printable(b) ? b : next++] = (short) b;
    }
    return bytes;
  }

  private static boolean printable(int b) {
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
  }

  /** Returns the bytes a token's spelling stands for, or empty if it is not in this alphabet. */
  static Optional<byte[]> bytes(String spelling) {
    byte[] bytes = new byte[spelling.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = spelling.charAt(i);
      if (c >= SPELLINGS || BYTE_OF[c] < 0) {
        return Optional.empty();
      }
      bytes[i] = (byte) BYTE_OF[c];
    }
    return Optional.of(bytes);
  }
}
