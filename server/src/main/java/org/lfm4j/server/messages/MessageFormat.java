package org.lfm4j.server.messages;

import java.util.List;
import org.lfm4j.server.generation.AnswerFormat;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.AnswerReader;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.Samples;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes answers as {@code message}.
 *
 * @param reading how the answer is taken apart
 * @param maxTokens what the request called the most tokens
 */
record MessageFormat(AnswerReading reading, int maxTokens) implements AnswerFormat {

  @Override
  public ObjectNode whole(AnswerHead head, Samples samples, List<String> texts) {
    MessageBlocks blocks = new MessageBlocks();
    AnswerReader reader = reading.start();
    reader.push(texts.getFirst()).forEach(blocks::add);
    reader.finish().forEach(blocks::add);
    blocks.finish();
    return message(head, samples).ended(blocks.all(), reader.called());
  }

  @Override
  public Chunks chunks(AnswerHead head, Samples samples) {
    return new MessageEvents(message(head, samples), reading.start());
  }

  private MessageObject message(AnswerHead head, Samples samples) {
    return new MessageObject(head, samples.get(0), maxTokens);
  }
}
