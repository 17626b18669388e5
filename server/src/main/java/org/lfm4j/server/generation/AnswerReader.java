package org.lfm4j.server.generation;

import java.util.List;
import org.lfm4j.text.tools.AnswerParser;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;

/** Takes one answer apart as it comes, and leaves out what its client is not sent. */
public final class AnswerReader {
  private final AnswerReading reading;
  private final AnswerParser parser;
  private boolean reasoned;
  private boolean called;

  AnswerReader(AnswerReading reading) {
    this.reading = reading;
    this.parser = new AnswerParser(reading.inReasoning(), reading.toolCalls());
  }

  /** Takes more text and returns what is to be sent of it now. */
  public List<AnswerPart> push(String text) {
    return parser.push(text).stream().filter(this::isSent).toList();
  }

  /** Returns what is still to be sent when no more text comes. */
  public List<AnswerPart> finish() {
    return parser.finish().stream().filter(this::isSent).toList();
  }

  /** Returns whether there was any reasoning, sent or not. */
  public boolean reasoned() {
    return reasoned;
  }

  /** Returns whether there was a call. */
  public boolean called() {
    return called;
  }

  private boolean isSent(AnswerPart part) {
    return switch (part) {
      case Content _ -> true;
      case Markup _ -> false;
      case Reasoning _ -> {
        reasoned = true;
        yield reading.showReasoning();
      }
      case ToolCall _ -> {
        boolean sent = !called || reading.parallelCalls();
        called = true;
        yield sent;
      }
    };
  }
}
