package org.lfm4j.server.responses;

import java.util.List;
import java.util.Optional;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.server.generation.AnswerReader;
import org.lfm4j.server.generation.OutputLogprobs;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.Tokenizer;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import tools.jackson.databind.node.ArrayNode;

/** Makes items of what one generation says. */
final class ResponseOutput {
  private final Generation generation;
  private final AnswerReader reader;
  private final Optional<OutputLogprobs> logprobs;
  private final OutputItems items = new OutputItems();
  private final StringBuilder reasoning = new StringBuilder();

  /** What one generation says, with log-probabilities if they are wanted. */
  ResponseOutput(Generation generation, AnswerReader reader, Optional<OutputLogprobs> logprobs) {
    this.generation = generation;
    this.reader = reader;
    this.logprobs = logprobs;
  }

  /** Takes more text; {@code ended} says that the generation has no more. */
  void add(String text, boolean ended) {
    add(reader.push(text), ended);
  }

  /** Takes the end. */
  void finish() {
    add(reader.finish(), true);
    items.finish(generation.finishReason() != FinishReason.LENGTH);
  }

  private void add(List<AnswerPart> parts, boolean ended) {
    for (AnswerPart part : parts) {
      if (part instanceof Reasoning thought) {
        reasoning.append(thought.source());
      }
      items.add(part, part instanceof Content ? takeLogprobs(ended) : none());
    }
  }

  private ArrayNode takeLogprobs(boolean ended) {
    return logprobs.map(tokens -> tokens.take(ended)).orElseGet(ResponseOutput::none);
  }

  private static ArrayNode none() {
    return Json.MAPPER.createArrayNode();
  }

  OutputItems items() {
    return items;
  }

  /** Returns how many tokens spell the reasoning. */
  int reasoningTokens(Tokenizer tokenizer) {
    return reasoning.isEmpty() ? 0 : tokenizer.encode(reasoning.toString(), false).length;
  }
}
