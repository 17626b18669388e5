package org.lfm4j.text.tools;

import org.lfm4j.text.tools.AnswerPart.Markup;

/**
 * Keeps a block of calls from being said again right after it, as LFM2 sometimes does: without
 * markers, with or without brackets. Blanks and the kind of quotes make no difference.
 */
final class Echo {
  private final String block;
  private final String inner;
  private final StringBuilder held = new StringBuilder();
  private String expected = "";
  private int matched;
  private boolean possible;

  /** Watches for a block; an empty one never comes again. */
  Echo(String text) {
    block = essence(text);
    boolean list = block.startsWith("[") && block.endsWith("]");
    inner = list ? block.substring(1, block.length() - 1) : block;
    possible = !inner.isEmpty();
  }

  /** Returns what two texts have in common that say the same calls. */
  static String essence(String text) {
    StringBuilder essence = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isWhitespace(text.charAt(i))) {
        essence.append(essence(text.charAt(i)));
      }
    }
    return essence.toString();
  }

  private static char essence(char c) {
    return c == '"' ? '\'' : c;
  }

  /** Takes what follows the block; adds an echo to {@code parts} and returns anything else. */
  String push(String text, Parts parts) {
    for (int i = 0; possible && i < text.length(); i++) {
      held.append(text.charAt(i));
      if (!Character.isWhitespace(text.charAt(i))) {
        match(text.charAt(i), parts);
      }
      if (!possible) {
        return release() + text.substring(i + 1);
      }
    }
    return possible ? "" : text;
  }

  private void match(char c, Parts parts) {
    if (matched == 0) {
      expected = c == block.charAt(0) ? block : inner;
    }
    possible = essence(c) == expected.charAt(matched);
    matched++;
    if (possible && matched == expected.length()) {
      parts.add(new Markup(held.toString()));
      held.setLength(0);
      matched = 0;
    }
  }

  /** Returns what was held back, which turns out to be no echo. */
  String release() {
    String released = held.toString();
    held.setLength(0);
    possible &= released.isBlank();
    matched = 0;
    return released;
  }
}
