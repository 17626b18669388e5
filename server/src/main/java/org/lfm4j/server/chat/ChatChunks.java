package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.generation.Usage;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes answers as {@code chat.completion.chunk}: for each a chunk with the role, one for each
 * piece of text and one with the reason it ended.
 */
final class ChatChunks implements Chunks {
  private final AnswerHead head;
  private final Samples samples;
  private final GenerationOptions options;
  private final ChatTurn turn;
  private final ChatFormat format;
  private final List<ChatLogprobs> logprobs;
  private final int[] reportedIds;
  private boolean begun;

  ChatChunks(
      AnswerHead head,
      Samples samples,
      GenerationOptions options,
      ChatTurn turn,
      ChatFormat format) {
    this.head = head;
    this.samples = samples;
    this.options = options;
    this.turn = turn;
    this.format = format;
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
    ObjectNode chunk = chunk(index);
    choice(chunk).putObject("delta").put("content", text);
    putTokens(choice(chunk), index, false);
    choice(chunk).putNull("finish_reason");
    return List.of(chunk);
  }

  @Override
  public List<ObjectNode> end(int index) {
    ObjectNode last = chunk(index);
    choice(last).putObject("delta");
    putTokens(choice(last), index, true);
    AnswerHead.putFinish(choice(last), samples.get(index));
    last.put("system_fingerprint", AnswerHead.FINGERPRINT);
    return List.of(last);
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
