package org.lfm4j.server.completions;

import java.util.List;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.AnswerFormat;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.Samples;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes answers as {@code text_completion}.
 *
 * @param model the model
 * @param options what the client wants
 * @param prompts the prompts as they were used
 * @param echo whether each answer begins with its prompt
 * @param promptOnly whether an answer is its prompt and nothing else
 * @param promptLogprobs whether the prompt's log-probabilities are wanted in a field of their own
 */
record CompletionFormat(
    LanguageModel model,
    GenerationOptions options,
    List<Prompt> prompts,
    boolean echo,
    boolean promptOnly,
    boolean promptLogprobs)
    implements AnswerFormat {

  @Override
  public ObjectNode whole(AnswerHead head, Samples samples, List<String> texts) {
    ObjectNode node = head.start("text_completion");
    ArrayNode choices = node.putArray("choices");
    for (int i = 0; i < texts.size(); i++) {
      CompletionChoice choice = new CompletionChoice(this, samples, i);
      ObjectNode object = choices.addObject();
      choice.addPrompt();
      choice.addText(texts.get(i));
      choice.putWhole(object);
    }
    CompletionChoice.usage(this, samples).putInto(node);
    node.put("system_fingerprint", AnswerHead.FINGERPRINT);
    return node;
  }

  @Override
  public Chunks chunks(AnswerHead head, Samples samples) {
    return new CompletionChunks(head, samples, this);
  }
}
