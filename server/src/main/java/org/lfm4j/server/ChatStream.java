package org.lfm4j.server;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.lfm4j.Generation;
import org.lfm4j.engine.EngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends a generation as server-sent events: a chunk with the role, one for each piece of text, one
 * with the reason it ended, one with token counts if asked for, and {@code [DONE]}. Each event is
 * flushed by itself.
 */
final class ChatStream {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private final ChatAnswer answer;
  private final ChatRequest request;
  private final Generation generation;
  private final OutputStream out;

  private ChatStream(
      ChatAnswer answer, ChatRequest request, Generation generation, OutputStream out) {
    this.answer = answer;
    this.request = request;
    this.generation = generation;
    this.out = out;
  }

  /**
   * Streams a generation to its end. A failure on the way becomes an error event, since the status
   * has been sent by then.
   *
   * @param first the first piece of text, if there is any
   * @throws IOException if the client can't be written to
   */
  static void send(
      ChatAnswer answer,
      ChatRequest request,
      Generation generation,
      Optional<String> first,
      ServerResponse response)
      throws IOException, InterruptedException {
    response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
    response.header(HeaderNames.CACHE_CONTROL, "no-cache");
    response.header("X-Accel-Buffering", "no");
    try (OutputStream out = response.outputStream()) {
      new ChatStream(answer, request, generation, out).run(first);
    }
  }

  private void run(Optional<String> first) throws IOException, InterruptedException {
    try {
      ObjectNode opening = chunk();
      ObjectNode role = choice(opening).putObject("delta");
      role.put("role", "assistant");
      role.put("content", "");
      sendChunk(finishless(opening));
      for (Optional<String> piece = first; piece.isPresent(); piece = generation.next()) {
        ObjectNode chunk = chunk();
        choice(chunk).putObject("delta").put("content", piece.get());
        sendChunk(finishless(chunk));
      }
      Generations.requireCompleted(generation);
      sendEnd();
    } catch (EngineException e) {
      sendEvent(Answer.errorBody(Generations.failed(e)));
    } catch (ApiException e) {
      sendEvent(Answer.errorBody(e));
    }
    out.write(DONE);
    out.flush();
  }

  private void sendEnd() throws IOException {
    ObjectNode last = chunk();
    ObjectNode choice = choice(last);
    choice.putObject("delta");
    choice.putNull("logprobs");
    ChatAnswer.putFinish(choice, generation);
    last.put("system_fingerprint", ChatAnswer.FINGERPRINT);
    sendChunk(last);
    if (request.includeUsage()) {
      ObjectNode usage = answer.start("chat.completion.chunk");
      usage.putArray("choices");
      ChatAnswer.putUsage(usage, generation);
      sendEvent(usage);
    }
  }

  private ObjectNode chunk() {
    ObjectNode chunk = answer.start("chat.completion.chunk");
    chunk.putArray("choices").addObject().put("index", 0);
    return chunk;
  }

  private static ObjectNode choice(ObjectNode chunk) {
    return (ObjectNode) chunk.get("choices").get(0);
  }

  private static ObjectNode finishless(ObjectNode chunk) {
    choice(chunk).putNull("logprobs").putNull("finish_reason");
    return chunk;
  }

  private void sendChunk(ObjectNode chunk) throws IOException {
    if (request.continuousUsage()) {
      ChatAnswer.putUsage(chunk, generation);
    }
    sendEvent(chunk);
  }

  private void sendEvent(JsonNode event) throws IOException {
    out.write(DATA);
    out.write(Answer.bytes(event));
    out.write(END_OF_EVENT);
    out.flush();
  }
}
