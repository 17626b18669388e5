package org.lfm4j.text.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Answers as models give them, and what is left of them after some accidents. */
final class MutatedAnswers {
  private static final List<String> SEEDS =
      List.of(
          "The weather is fine.",
          "<think>\nTwo and two.\n</think>\n\nFour.",
          "<think>I call it.</think><|tool_call_start|>[f(a=1)]<|tool_call_end|>",
          "<|tool_call_start|>[get_weather(city=\"Bern\", days=3, metric=True)]<|tool_call_end|>Let me see.",
          "<|tool_call_start|>[f(a='x', b=[1, 2.5, None]), g(o={'k': {'l': [()]}}, t=(1, 2))]<|tool_call_end|>",
          "I look.\n<|tool_call_start|>[{\"name\": \"f\", \"arguments\": {\"a\": \"\\u00e9\", \"b\": -1e-3}}]<|tool_call_end|>",
          "<|tool_call_start|>[sh(c='sed -n '1,9p' a.txt', path='b')]<|tool_call_end|>",
          "<|tool_call_start|>[w(t='''a\n'b' \"c\"''', r=r'\\d')]<|tool_call_end|>[w(t='''a\n'b' \"c\"''', r=r'\\d')]<|tool_call_end|>",
          "<|tool_call_start|>[f(a=07, from=0x1f, s={'a', 'b'})]<|tool_call_end|>\n[f(a=07, from=0x1f, s={'a', 'b'})]\nDone.",
          "<|tool_call_start|>{'name': 'f', 'parameters': {'x': 'it\\'s'}}<|tool_call_end|> 日本語 😀",
          "<|tool_call_start|>[good(a=1), bad(b'z'), good(c=\"d\")]<|tool_call_end|>",
          "<|tool_call_start|>[write(text='unfinished, f(a=1), ");

  private static final List<String> SNIPPETS =
      List.of(
          "<|tool_call_start|>",
          "<|tool_call_end|>",
          "<think>",
          "</think>",
          "<|tool_call",
          "</th",
          "[",
          "]",
          "(",
          ")",
          "{",
          "}",
          ",",
          ":",
          "=",
          "'",
          "\"",
          "'''",
          "\\",
          "\\u12",
          "\n",
          " ",
          "f(a=1)",
          "g(",
          "True",
          "null",
          "0",
          "-.",
          "1e9",
          "r'",
          "\0",
          "\ud83d",
          "\ude00",
          "é",
          "{\"name\":",
          "\"arguments\": ",
          "<",
          "|>");

  private final RandomGenerator random;

  MutatedAnswers(RandomGenerator random) {
    this.random = random;
  }

  /** Returns the next answer. */
  String next() {
    StringBuilder text = new StringBuilder(any(SEEDS));
    for (int i = random.nextInt(8); i > 0; i--) {
      mutate(text);
    }
    return text.toString();
  }

  private void mutate(StringBuilder text) {
    int at = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), at + 1 + random.nextInt(random.nextBoolean() ? 3 : 30));
    switch (random.nextInt(7)) {
      case 0 -> text.delete(at, to);
      case 1 -> text.insert(at, any(SNIPPETS));
      case 2 -> text.replace(at, to, any(SNIPPETS));
      case 3 -> text.insert(random.nextInt(text.length() + 1), text.substring(at, to));
      case 4 -> text.setLength(at);
      case 5 -> text.insert(at, any(SEEDS));
      default -> text.insert(at, (char) random.nextInt(Character.MAX_VALUE + 1));
    }
  }

  /** Cuts a text into pieces, some of them empty, some of one character, some longer. */
  List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    int longest = 1 + random.nextInt(random.nextBoolean() ? 3 : 60);
    for (int at = 0; at < text.length(); ) {
      int to = Math.min(text.length(), at + random.nextInt(longest + 1));
      pieces.add(text.substring(at, to));
      at = to;
    }
    return pieces;
  }

  private String any(List<String> texts) {
    return texts.get(random.nextInt(texts.size()));
  }
}
