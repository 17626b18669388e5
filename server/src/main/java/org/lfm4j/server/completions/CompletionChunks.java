package org.lfm4j.server.completions;

import java.util.List;
import java.util.stream.IntStream;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.Usage;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes answers as chunks of {@code text_completion}: one with the prompt if it is wanted, one for
 * each piece of text, and one with the reason the answer ended.
 */
final class CompletionChunks implements Chunks.Counting {
  private final AnswerHead head;
  private final Samples samples;
  private final CompletionFormat format;
  private final List<CompletionChoice> choices;

  CompletionChunks(AnswerHead head, Samples samples, CompletionFormat format) {
    this.head = head;
    this.samples = samples;
    this.format = format;
    this.choices =
        IntStream.range(0, samples.generations().size())
            .mapToObj(i -> new CompletionChoice(format, samples, i))
            .toList();
  }

  @Override
  public List<ObjectNode> opening(int index) {
    if (!format.echo() && !format.options().returnTokenIds()) {
      return List.of();
    }
    CompletionChoice answer = choices.get(index);
    answer.addPrompt();
    ObjectNode chunk = bare();
    ObjectNode choice = chunk.withArray("choices").addObject();
    answer.put(choice);
    answer.putPromptIds(choice);
    return List.of(chunk);
  }

  @Override
  public List<ObjectNode> text(int index, String text) {
    return format.promptOnly() ? List.of() : List.of(chunk(index, text));
  }

  @Override
  public List<ObjectNode> end(int index) {
    ObjectNode last = chunk(index, "");
    choices.get(index).putFinish((ObjectNode) last.get("choices").get(0));
    last.put("system_fingerprint", AnswerHead.FINGERPRINT);
    return List.of(last);
  }

  private ObjectNode chunk(int index, String text) {
    ObjectNode chunk = bare();
    choices.get(index).addText(text);
    choices.get(index).put(chunk.withArray("choices").addObject());
    return chunk;
  }

  @Override
  public ObjectNode bare() {
    ObjectNode chunk = head.start("text_completion");
    chunk.putArray("choices");
    return chunk;
  }

  @Override
  public Usage usage() {
    return CompletionChoice.usage(format, samples);
  }
}
