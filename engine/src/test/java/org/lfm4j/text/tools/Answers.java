package org.lfm4j.text.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;

/** Takes whole answers apart, and puts them together again. */
final class Answers {
  static final String START = ToolCallSplitter.START;
  static final String END = ToolCallSplitter.END;

  private Answers() {}

  /** Returns the parts of an answer that comes in these pieces. */
  static List<AnswerPart> parts(AnswerParser parser, Iterable<String> pieces) {
    Parts parts = new Parts();
    for (String piece : pieces) {
      parser.push(piece).forEach(parts::add);
    }
    parser.finish().forEach(parts::add);
    return parts.take();
  }

  /** Returns the parts of an answer with tools. */
  static List<AnswerPart> parts(String text) {
    return parts(new AnswerParser(false, true), List.of(text));
  }

  /** Returns the parts of a block of calls. */
  static List<AnswerPart> block(String calls) {
    return parts(START + calls + END);
  }

  /** Returns calls as {@code name arguments}. */
  static List<String> calls(List<AnswerPart> parts) {
    List<String> calls = new ArrayList<>();
    for (AnswerPart part : parts) {
      if (part instanceof ToolCall call) {
        calls.add(call.name() + " " + call.arguments());
      }
    }
    return calls;
  }

  static String content(List<AnswerPart> parts) {
    return sources(parts.stream().filter(Content.class::isInstance).toList());
  }

  static String reasoning(List<AnswerPart> parts) {
    return sources(parts.stream().filter(Reasoning.class::isInstance).toList());
  }

  static String sources(List<AnswerPart> parts) {
    return parts.stream().map(AnswerPart::source).collect(Collectors.joining());
  }
}
