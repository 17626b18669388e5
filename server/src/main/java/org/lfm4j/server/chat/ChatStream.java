package org.lfm4j.server.chat;

import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineException;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.EventOutput;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends answers as server-sent events: for each a chunk with the role, one for each piece of text
 * and one with the reason it ended; then one with token counts if asked for, and {@code [DONE]}.
 * Each event is flushed by itself.
 */
final class ChatStream {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private final AnswerHead answer;
  private final ChatRequest request;
  private final Samples samples;
  private final OutputStream out;
  private final List<ChatLogprobs> logprobs;

  private ChatStream(
      AnswerHead answer,
      ChatRequest request,
      LanguageModel model,
      Samples samples,
      OutputStream out) {
    this.answer = answer;
    this.request = request;
    this.samples = samples;
    this.out = out;
    this.logprobs =
        request.sampling().logprobs().isEmpty()
            ? List.of()
            : samples.generations().stream()
                .map(generation -> new ChatLogprobs(model.tokenizer(), generation))
                .toList();
  }

  /**
   * Streams answers to their end. A failure on the way becomes an error event, since the status has
   * been sent by then.
   *
   * @param first the first piece of text or end, if there is any
   * @throws IOException if the client can't be written to
   */
  static void send(
      AnswerHead answer,
      ChatRequest request,
      LanguageModel model,
      Samples samples,
      Optional<Samples.Piece> first,
      ServerResponse response)
      throws IOException, InterruptedException {
    try (OutputStream out = EventOutput.of(response)) {
      new ChatStream(answer, request, model, samples, out).run(first);
    }
  }

  private void run(Optional<Samples.Piece> first) throws IOException, InterruptedException {
    try {
      for (int i = 0; i < request.samples(); i++) {
        ObjectNode opening = chunk(i);
        ObjectNode role = choice(opening).putObject("delta");
        role.put("role", "assistant");
        role.put("content", "");
        sendChunk(finishless(opening));
      }
      for (Optional<Samples.Piece> piece = first; piece.isPresent(); piece = samples.next()) {
        int index = piece.get().index();
        if (piece.get().text().isPresent()) {
          sendText(index, piece.get().text().get());
        } else {
          sendEnd(index);
        }
      }
      sendUsage();
    } catch (EngineException e) {
      sendEvent(Answer.errorBody(Generations.failed(e)));
    } catch (ApiException e) {
      sendEvent(Answer.errorBody(e));
    }
    out.write(DONE);
    out.flush();
  }

  private void sendText(int index, String text) throws IOException {
    ObjectNode chunk = chunk(index);
    choice(chunk).putObject("delta").put("content", text);
    putLogprobs(chunk, index, false);
    choice(chunk).putNull("finish_reason");
    sendChunk(chunk);
  }

  private void sendEnd(int index) throws IOException {
    ObjectNode last = chunk(index);
    choice(last).putObject("delta");
    putLogprobs(last, index, true);
    AnswerHead.putFinish(choice(last), samples.get(index));
    last.put("system_fingerprint", AnswerHead.FINGERPRINT);
    sendChunk(last);
  }

  private void sendUsage() throws IOException {
    if (request.includeUsage()) {
      ObjectNode usage = answer.start("chat.completion.chunk");
      usage.putArray("choices");
      AnswerHead.putUsage(usage, samples.generations());
      sendEvent(usage);
    }
  }

  private void putLogprobs(ObjectNode chunk, int index, boolean ended) {
    if (logprobs.isEmpty()) {
      choice(chunk).putNull("logprobs");
    } else {
      logprobs.get(index).put(choice(chunk), ended);
    }
  }

  private ObjectNode chunk(int index) {
    ObjectNode chunk = answer.start("chat.completion.chunk");
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

  private void sendChunk(ObjectNode chunk) throws IOException {
    if (request.continuousUsage()) {
      AnswerHead.putUsage(chunk, samples.generations());
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
