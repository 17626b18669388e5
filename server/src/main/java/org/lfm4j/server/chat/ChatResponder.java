package org.lfm4j.server.chat;

import java.util.Optional;
import java.util.stream.Stream;
import org.lfm4j.Generation;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.PromptLogprobs;
import org.lfm4j.server.generation.Samples;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Collects the answers to a request into one JSON object. */
final class ChatResponder {
  private ChatResponder() {}

  /**
   * Waits for the end of all answers.
   *
   * @param first the first piece of text or end, if there is any
   * @return a {@code chat.completion}
   */
  static ObjectNode respond(
      AnswerHead answer,
      ChatRequest request,
      LanguageModel model,
      Samples samples,
      Optional<Samples.Piece> first)
      throws InterruptedException {
    StringBuilder[] texts =
        Stream.generate(StringBuilder::new).limit(request.samples()).toArray(StringBuilder[]::new);
    for (Optional<Samples.Piece> piece = first; piece.isPresent(); piece = samples.next()) {
      texts[piece.get().index()].append(piece.get().text().orElse(""));
    }
    ObjectNode node = answer.start("chat.completion");
    ArrayNode choices = node.putArray("choices");
    for (int i = 0; i < request.samples(); i++) {
      putChoice(choices.addObject(), i, texts[i].toString(), request, model, samples.get(i));
    }
    AnswerHead.putUsage(node, samples.generations());
    node.put("system_fingerprint", AnswerHead.FINGERPRINT);
    if (request.sampling().promptLogprobs().isPresent()) {
      PromptLogprobs.put(node, model.tokenizer(), samples.get(0));
    }
    return node;
  }

  private static void putChoice(
      ObjectNode choice,
      int index,
      String text,
      ChatRequest request,
      LanguageModel model,
      Generation generation) {
    choice.put("index", index);
    ObjectNode message = choice.putObject("message");
    message.put("role", "assistant");
    message.put("content", text);
    message.putNull("refusal");
    if (request.sampling().logprobs().isPresent()) {
      new ChatLogprobs(model.tokenizer(), generation).put(choice, true);
    } else {
      choice.putNull("logprobs");
    }
    AnswerHead.putFinish(choice, generation);
  }
}
