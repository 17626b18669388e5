package org.lfm4j.text.tools;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.ToolCall;

/**
 * Takes blocks of tool calls out of a text. A block is read when it is complete, at its end marker
 * or at the end of the answer, so that every call comes with all its arguments and one that was cut
 * off comes as text. Blocks that come again, with or without markers, are left out.
 */
final class ToolCallSplitter {
  static final String START = "<|tool_call_start|>";
  static final String END = "<|tool_call_end|>";

  private final HeldText held = new HeldText();
  private final Set<String> blocks = new HashSet<>();
  private Echo echo = new Echo("");
  private boolean inBlock;

  /** Takes more text and adds what is known to {@code parts}. */
  void push(String text, Parts parts) {
    held.add(text);
    for (int at = held.find(START, END); at >= 0; at = held.find(START, END)) {
      close(held.take(at), parts);
      inBlock = held.startsWith(START, 0);
      parts.add(new Markup(held.take(inBlock ? START.length() : END.length())));
    }
    if (!inBlock) {
      content(held.take(held.settled(START, END)), parts);
    }
  }

  /** Adds what was held back when no more comes. */
  void finish(Parts parts) {
    close(held.takeAll(), parts);
  }

  /** Takes the text that ends at a marker or with the answer. */
  private void close(String text, Parts parts) {
    if (inBlock) {
      block(text, parts);
    } else {
      content(text, parts);
      parts.add(new Content(echo.release()));
    }
  }

  private void content(String text, Parts parts) {
    parts.add(new Content(echo.push(text, parts)));
  }

  private void block(String text, Parts parts) {
    if (blocks.contains(Echo.essence(text))) {
      parts.add(new Markup(text));
      return;
    }
    List<AnswerPart> read = new CallList(text).parts();
    read.forEach(parts::add);
    boolean calls = read.stream().anyMatch(ToolCall.class::isInstance);
    if (calls && read.stream().noneMatch(Content.class::isInstance)) {
      blocks.add(Echo.essence(text));
      echo = new Echo(text);
    }
  }
}
