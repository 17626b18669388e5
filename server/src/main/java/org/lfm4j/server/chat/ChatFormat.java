package org.lfm4j.server.chat;

import java.util.List;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.AnswerFormat;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.AnswerReader;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.PromptLogprobs;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.generation.ToolChoice;
import org.lfm4j.server.generation.Usage;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes answers as {@code chat.completion}. */
final class ChatFormat implements AnswerFormat {
  private final LanguageModel model;
  private final GenerationOptions options;
  private final ChatTurn turn;
  private final int[] prompt;
  private final AnswerReading reading;
  private final ToolChoice choice;

  /** Writes answers to one prompt, given as ids. */
  ChatFormat(
      LanguageModel model,
      GenerationOptions options,
      ChatTurn turn,
      int[] prompt,
      AnswerReading reading,
      ToolChoice choice) {
    this.model = model;
    this.options = options;
    this.turn = turn;
    this.prompt = prompt;
    this.reading = reading;
    this.choice = choice;
  }

  @Override
  public ObjectNode whole(AnswerHead head, Samples samples, List<String> texts) {
    ObjectNode node = head.start("chat.completion");
    ArrayNode choices = node.putArray("choices");
    for (int i = 0; i < texts.size(); i++) {
      putChoice(choices.addObject().put("index", i), texts.get(i), samples.get(i));
    }
    Usage.of(samples).putInto(node);
    node.put("system_fingerprint", AnswerHead.FINGERPRINT);
    if (options.sampling().promptLogprobs().isPresent()) {
      PromptLogprobs.put(node, model.tokenizer(), samples.get(0));
    }
    putPromptIds(node);
    return node;
  }

  private void putChoice(ObjectNode choice, String text, Generation generation) {
    AnswerReader reader = reading.start();
    ChatMessage message = new ChatMessage(turn);
    reader.push(text).forEach(message::add);
    reader.finish().forEach(message::add);
    message.putInto(choice.putObject("message"), reader.reasoned());
    if (options.sampling().logprobs().isPresent()) {
      new ChatLogprobs(names(), generation, options.includeStop()).put(choice, true);
    } else {
      choice.putNull("logprobs");
    }
    putFinish(choice, generation, reader.called());
    if (options.returnTokenIds()) {
      TokenNames.putIds(choice, "token_ids", generation.tokens());
    }
  }

  /** A named call ends with stop, as from OpenAI; a call that was cut off stays cut off. */
  void putFinish(ObjectNode choice, Generation generation, boolean called) {
    AnswerHead.putFinish(choice, generation);
    if (called
        && this.choice.kind() != ToolChoice.Kind.NAMED
        && generation.finishReason() == FinishReason.STOP) {
      choice.put("finish_reason", "tool_calls");
    }
  }

  /** Writes the ids of the prompt, where they are wanted. */
  void putPromptIds(ObjectNode node) {
    if (options.returnTokenIds()) {
      TokenNames.putIds(node, "prompt_token_ids", prompt);
    }
  }

  TokenNames names() {
    return new TokenNames(model.tokenizer(), options.tokensAsIds());
  }

  @Override
  public Chunks chunks(AnswerHead head, Samples samples) {
    return new ChatChunks(head, samples, options, turn, this, reading);
  }
}
