package org.lfm4j.text;

import java.util.List;
import java.util.random.RandomGenerator;

/** Seeded strings that tokenizers find hard. */
final class TestStrings {
  /** First and last code points of blocks of letters, two to four bytes long in UTF-8. */
  private static final int[][] SCRIPTS = {
    {'a', 'z'},
    {'a', 'z'},
    {'a', 'z'},
    {'A', 'Z'},
    {0xC0, 0x17F},
    {0x391, 0x3C9},
    {0x410, 0x44F},
    {0x561, 0x586},
    {0x5D0, 0x5EA},
    {0x621, 0x64A},
    {0x905, 0x939},
    {0xE01, 0xE30},
    {0x10D0, 0x10FA},
    {0x1200, 0x1248},
    {0x1780, 0x17B3},
    {0x3041, 0x3096},
    {0x30A1, 0x30FA},
    {0x4E00, 0x4F00},
    {0xAC00, 0xAD00},
    {0x10400, 0x1044F},
    {0x20000, 0x20040},
  };

  private static final List<String> HARD =
      List.of(
          "'s",
          "'S",
          "'ſ",
          "'t",
          "'RE",
          "'vE",
          "'ll",
          "'lL",
          "'l",
          "'d",
          "'",
          "’s",
          "''s",
          " 's",
          " ",
          "  ",
          "   ",
          "\t",
          "\n",
          "\r\n",
          "\n\n",
          " \n ",
          "\u000B",
          "\u0085",
          "\u00A0",
          "\u1680",
          "\u2003",
          "\u2028",
          "\u202F",
          "\u3000",
          "\u180E",
          "\u200B",
          "\uFEFF",
          "\u001C",
          "0",
          "12",
          "345",
          "6789",
          "٣٤٥٦",
          "½",
          "Ⅷ",
          "𝟘𝟙𝟚𝟛",
          "²",
          "३",
          "!",
          "?!",
          "...",
          "—",
          " -",
          "#\n",
          "$\r\n\r\n",
          "_",
          "__init__",
          "\\",
          "\"",
          "{}",
          "<|",
          "|>",
          "<",
          ">",
          "</",
          "e\u0301",
          "\u0301",
          "ǅ",
          "ʰ",
          "ß",
          "İ",
          "ﬁ",
          "Å",
          "🙂",
          "👩🏽‍🚀",
          "🏳️‍🌈",
          "🇩🇪",
          "☃️",
          "\uD83D",
          "\uDE42",
          "\uD83D\uD83D\uDE42",
          "\uFFFD",
          "\uFFFE",
          "\uFDD0",
          "\u0000",
          "\u0001",
          "\u001B[0m",
          "\u007F",
          "\u009F",
          "\u00AD",
          "\uE000",
          "http://x.y/z?a=b&c=%20",
          "CamelCaseWord",
          "snake_case_word",
          "3.14e-10",
          "a1b22c333d4444",
          "<|im_end|>",
          "<|im_start|>",
          "<|im_end|",
          "|im_end|>",
          "<|im_<|im_end|>end|>",
          "<|pad|>",
          "<|reserved_1|>",
          "<|reserved_2|>",
          "<|reserved_99|>",
          "<think>",
          "</think>",
          "<think",
          "<|IM_END|>",
          "< |im_end|>",
          "<|tool_call_start|>",
          "<|startoftext|>",
          "[INST]",
          "</s>");

  private TestStrings() {}

  /** A word as a BPE trainer would see it: often with a blank before, of one script, Zipf-like. */
  static String word(RandomGenerator random) {
    StringBuilder word = new StringBuilder(random.nextInt(3) > 0 ? " " : "");
    int[] script = SCRIPTS[random.nextInt(SCRIPTS.length)];
    int syllables = 1 + random.nextInt(4);
    for (int i = 0; i < syllables; i++) {
      double zipf = Math.pow(random.nextDouble(), 3);
      int first = (int) (zipf * (script[1] - script[0] + 1));
      word.appendCodePoint(script[0] + first);
      word.appendCodePoint(script[0] + (first * 7 + random.nextInt(3)) % (script[1] - script[0]));
    }
    return word.toString();
  }

  /** A string of one to about forty parts of every kind. */
  static String any(RandomGenerator random) {
    StringBuilder text = new StringBuilder();
    int parts = 1 + random.nextInt(random.nextInt(8) == 0 ? 40 : 8);
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> text.append(word(random));
        case 4, 5, 6 -> text.append(HARD.get(random.nextInt(HARD.size())));
        case 7 -> text.append(HARD.get(random.nextInt(HARD.size())).repeat(random.nextInt(1, 6)));
        case 8 -> text.appendCodePoint(oldCodePoint(random));
        default -> text.append((char) random.nextInt(0x80));
      }
    }
    return text.toString();
  }

  /**
   * Any code point, surrogates and unassigned ones included, but only of planes whose letters
   * Unicode 14 knew already: the oracle's tables end there.
   */
  private static int oldCodePoint(RandomGenerator random) {
    return random.nextInt(2) == 0 ? random.nextInt(0x10000) : random.nextInt(0x110000);
  }
}
