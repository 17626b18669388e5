package org.lfm4j.server.completions;

import java.util.Optional;
import org.lfm4j.Generation;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.PromptLogprobs;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.generation.Usage;
import tools.jackson.databind.node.ObjectNode;

/** One answer on its way into JSON: what has come since the last time it was written. */
final class CompletionChoice {
  private final CompletionFormat format;
  private final Generation generation;
  private final Generation first;
  private final Prompt prompt;
  private final int index;
  private final Optional<CompletionLogprobs> logprobs;
  private final StringBuilder text = new StringBuilder();
  private int reportedIds;

  CompletionChoice(CompletionFormat format, Samples samples, int index) {
    this.format = format;
    this.index = index;
    this.generation = samples.get(index);
    this.first = samples.firstLike(index);
    this.prompt = format.prompts().get(samples.promptOf(index));
    this.logprobs =
        format.options().sampling().logprobs().stream()
            .mapToObj(top ->
                new CompletionLogprobs(
                    new TokenNames(format.model().tokenizer(), format.options().tokensAsIds()),
                    top,
                    format.options().skipSpecialTokens()))
            .findFirst();
  }

  /** Repeats the prompt, if that is wanted; known once the answer's first text has come. */
  void addPrompt() {
    if (format.echo()) {
      text.append(prompt.text());
      logprobs.ifPresent(l -> l.addPrompt(prompt, first.promptLogprobs()));
    }
  }

  /** Adds text of the answer. */
  void addText(String more) {
    if (!format.promptOnly()) {
      text.append(more);
      logprobs.ifPresent(l -> l.addOutput(generation));
    }
  }

  /** Writes the whole answer. */
  void putWhole(ObjectNode choice) {
    put(choice);
    putFinish(choice);
    if (format.promptLogprobs()) {
      PromptLogprobs.put(choice, format.model().tokenizer(), first);
    }
    putPromptIds(choice);
  }

  /** Writes what has been added since the last time. */
  void put(ObjectNode choice) {
    choice.put("index", index);
    choice.put("text", text.toString());
    text.setLength(0);
    choice.putNull("logprobs");
    logprobs.ifPresent(l -> l.putInto(choice));
    choice.putNull("finish_reason");
    if (format.options().returnTokenIds()) {
      if (format.promptOnly()) {
        TokenNames.putIds(choice, "token_ids", new int[0]);
      } else {
        reportedIds = TokenNames.putNewIds(choice, generation, reportedIds);
      }
    }
  }

  /** Writes why the answer ended. */
  void putFinish(ObjectNode choice) {
    if (format.promptOnly()) {
      choice.put("finish_reason", "length").putNull("stop_reason");
    } else {
      AnswerHead.putFinish(choice, generation);
    }
  }

  /** Writes the ids of the prompt, where they are wanted. */
  void putPromptIds(ObjectNode choice) {
    if (format.options().returnTokenIds()) {
      TokenNames.putIds(choice, "prompt_token_ids", prompt.ids());
    }
  }

  /** Returns token counts; a token that isn't shown isn't counted. */
  static Usage usage(CompletionFormat format, Samples samples) {
    Usage usage = Usage.of(samples);
    return format.promptOnly() ? usage.withoutCompletion() : usage;
  }
}
