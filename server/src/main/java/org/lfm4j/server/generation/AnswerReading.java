package org.lfm4j.server.generation;

/**
 * How the text of an answer is taken apart.
 *
 * @param inReasoning whether the prompt ends inside reasoning
 * @param toolCalls whether the answer may call tools
 * @param showReasoning whether reasoning is sent
 * @param parallelCalls whether calls after the first are sent
 */
public record AnswerReading(
    boolean inReasoning, boolean toolCalls, boolean showReasoning, boolean parallelCalls) {

  /** Starts on one answer. */
  public AnswerReader start() {
    return new AnswerReader(this);
  }
}
