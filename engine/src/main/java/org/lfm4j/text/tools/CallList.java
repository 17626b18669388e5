package org.lfm4j.text.tools;

import java.util.List;
import java.util.Optional;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.ToolCall;

/**
 * Reads a block of calls, with or without brackets around them:
 *
 * <pre>
 * block   = { "[" | "]" | "," | blank | element }
 * element = call | object                            as in {@link CallParser}
 * </pre>
 *
 * <p>An element that can't be read becomes content, up to the next comma or bracket of the list;
 * where that is can't be told if its own quotes or brackets don't match, so that it then takes the
 * rest of the block with it. No call is ever found inside another element.
 */
final class CallList {
  private static final int MOST_REPAIRS = 32;

  private final String text;
  private final Parts parts = new Parts();
  private int repairs;

  CallList(String text) {
    this.text = text;
  }

  /** Returns all of the block. */
  List<AnswerPart> parts() {
    int at = 0;
    while (at < text.length()) {
      at = isPunctuation(at) ? punctuation(at) : element(at);
    }
    return parts.take();
  }

  private boolean isPunctuation(int at) {
    return Character.isWhitespace(text.charAt(at)) || "[],".indexOf(text.charAt(at)) >= 0;
  }

  private int punctuation(int from) {
    int end = from;
    while (end < text.length() && isPunctuation(end)) {
      end++;
    }
    parts.add(new Markup(text.substring(from, end)));
    return end;
  }

  private int element(int from) {
    Optional<ToolCall> call = call(from);
    int end = call.map(read -> from + read.source().length()).orElseGet(() -> endOfElement(from));
    parts.add(call.isPresent() ? call.get() : new Content(text.substring(from, end)));
    return end;
  }

  /** Reads a call as Python would, or else with quotes inside its strings. */
  private Optional<ToolCall> call(int from) {
    Optional<ToolCall> call = call(from, Quotes.FIRST);
    if (call.isEmpty() && repairs < MOST_REPAIRS) {
      repairs++;
      call = call(from, Quotes.PAIRED).or(() -> call(from, Quotes.ANY));
    }
    return call;
  }

  private Optional<ToolCall> call(int from, Quotes quotes) {
    return new CallParser(text, from, quotes)
        .element()
        .filter(call -> endsAt(from + call.source().length()));
  }

  /** Returns whether an element may end here: before a comma, a bracket or a new line. */
  private boolean endsAt(int end) {
    int next = end;
    while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
      if (text.charAt(next) == '\n') {
        return true;
      }
      next++;
    }
    return next == text.length() || "[],".indexOf(text.charAt(next)) >= 0;
  }

  private int endOfElement(int from) {
    int depth = 0;
    for (int at = from; at < text.length(); at++) {
      char c = text.charAt(at);
      if (depth == 0 && (c == ',' || c == ']')) {
        return at;
      }
      if (c == '\'' || c == '"') {
        at = endOfString(at);
      } else if ("([{".indexOf(c) >= 0) {
        depth++;
      } else if (")]}".indexOf(c) >= 0) {
        depth--;
      }
    }
    return text.length();
  }

  /** Returns the place of the quote that ends a string, or the text's length. */
  private int endOfString(int from) {
    int at = from + 1;
    while (at < text.length() && text.charAt(at) != text.charAt(from)) {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return at;
  }
}
