package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.AnswerReader;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.generation.Usage;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes answers as {@code chat.completion.chunk}: for each a chunk with the role, one for each
 * piece of text or reasoning, two for each call and one with the reason it ended.
 */
final class ChatChunks implements Chunks.Counting {
  private final AnswerHead head;
  private final Samples samples;
  private final GenerationOptions options;
  private final ChatTurn turn;
  private final ChatFormat format;
  private final List<AnswerReader> readers;
  private final int[] calls;
  private final List<ChatLogprobs> logprobs;
  private final int[] reportedIds;
  private boolean begun;

  ChatChunks(
      AnswerHead head,
      Samples samples,
      GenerationOptions options,
      ChatTurn turn,
      ChatFormat format,
      AnswerReading reading) {
    this.head = head;
    this.samples = samples;
    this.options = options;
    this.turn = turn;
    this.format = format;
    this.readers = samples.generations().stream().map(generation -> reading.start()).toList();
    this.calls = new int[samples.generations().size()];
    this.reportedIds = new int[samples.generations().size()];
    this.logprobs =
        options.sampling().logprobs().isEmpty()
            ? List.of()
            : samples.generations().stream()
                .map(generation ->
                    new ChatLogprobs(format.names(), generation, options.includeStop()))
                .toList();
  }

  @Override
  public List<ObjectNode> opening(int index) {
    List<ObjectNode> chunks = new ArrayList<>();
    ObjectNode opening = chunk(index);
    ObjectNode delta = choice(opening).putObject("delta");
    delta.put("role", turn.role());
    delta.put("content", "");
    if (!begun) {
      begun = true;
      format.putPromptIds(opening);
    }
    chunks.add(finishless(opening));
    if (!turn.echoed().isEmpty()) {
      ObjectNode echo = chunk(index);
      choice(echo).putObject("delta").put("content", turn.echoed());
      chunks.add(finishless(echo));
    }
    return chunks;
  }

  @Override
  public List<ObjectNode> text(int index, String text) {
    return chunks(index, readers.get(index).push(text), false);
  }

  @Override
  public List<ObjectNode> end(int index) {
    List<ObjectNode> chunks = chunks(index, readers.get(index).finish(), true);
    ObjectNode last = chunk(index);
    choice(last).putObject("delta");
    putTokens(choice(last), index, true);
    format.putFinish(choice(last), samples.get(index), readers.get(index).called());
    last.put("system_fingerprint", AnswerHead.FINGERPRINT);
    chunks.add(last);
    return chunks;
  }

  private List<ObjectNode> chunks(int index, List<AnswerPart> parts, boolean ended) {
    List<ObjectNode> chunks = new ArrayList<>();
    for (AnswerPart part : parts) {
      for (ObjectNode delta : ChatDeltas.of(part, calls[index])) {
        ObjectNode chunk = chunk(index);
        choice(chunk).set("delta", delta);
        putTokens(choice(chunk), index, ended);
        choice(chunk).putNull("finish_reason");
        chunks.add(chunk);
      }
      calls[index] += part instanceof ToolCall ? 1 : 0;
    }
    return chunks;
  }

  @Override
  public ObjectNode bare() {
    ObjectNode chunk = head.start("chat.completion.chunk");
    chunk.putArray("choices");
    return chunk;
  }

  @Override
  public Usage usage() {
    return Usage.of(samples);
  }

  private void putTokens(ObjectNode choice, int index, boolean ended) {
    if (logprobs.isEmpty()) {
      choice.putNull("logprobs");
    } else {
      logprobs.get(index).put(choice, ended);
    }
    if (options.returnTokenIds()) {
      reportedIds[index] = TokenNames.putNewIds(choice, samples.get(index), reportedIds[index]);
    }
  }

  private ObjectNode chunk(int index) {
    ObjectNode chunk = head.start("chat.completion.chunk");
    chunk.putArray("choices").addObject().put("index", index);
    return chunk;
  }

  private static ObjectNode choice(ObjectNode chunk) {
    return (ObjectNode) chunk.get("choices").get(0);
  }

  private static ObjectNode finishless(ObjectNode chunk) {
    choice(chunk).putNull("logprobs").putNull("finish_reason");
    return chunk;
  }
}
