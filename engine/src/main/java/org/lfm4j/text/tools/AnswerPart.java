package org.lfm4j.text.tools;

/** A part of an answer. The sources of all parts, one after the other, are the answer's text. */
public sealed interface AnswerPart {

  /** Returns the text as the model wrote it. */
  String source();

  /** What the model thought before it answered, or a piece of that. */
  record Reasoning(String source) implements AnswerPart {}

  /** What the model says to the user, or a piece of that. */
  record Content(String source) implements AnswerPart {}

  /** What nobody is to read: markers, the punctuation between calls, and calls said twice. */
  record Markup(String source) implements AnswerPart {}

  /**
   * A complete call.
   *
   * @param name the function's name
   * @param arguments a JSON object, spaced as Python's {@code json.dumps} does
   * @param source the call as the model wrote it
   */
  record ToolCall(String name, String arguments, String source) implements AnswerPart {}
}
