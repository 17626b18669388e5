package org.lfm4j.server.generation;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.lfm4j.engine.EngineException;
import org.lfm4j.server.generation.GenerationOptions.Streaming;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends answers as server-sent events: the chunks of each sample as they come, then one with token
 * counts if asked for, and {@code [DONE]}. Each event is flushed by itself.
 */
final class AnswerStream {
  private static final byte[] DATA = Answer.ascii("data: ");
  private static final byte[] END_OF_EVENT = Answer.ascii("\n\n");
  private static final byte[] DONE = Answer.ascii("data: [DONE]\n\n");

  private final Chunks chunks;
  private final Samples samples;
  private final Streaming streaming;
  private final OutputStream out;
  private final BitSet opened = new BitSet();

  private AnswerStream(Chunks chunks, Samples samples, Streaming streaming, OutputStream out) {
    this.chunks = chunks;
    this.samples = samples;
    this.streaming = streaming;
    this.out = out;
  }

  /**
   * Streams answers to their end. A failure on the way becomes an error event, since the status has
   * been sent by then.
   *
   * @param first the first piece of text or end, if there is any
   * @throws IOException if the client can't be written to
   */
  static void send(
      Chunks chunks,
      Samples samples,
      Optional<Samples.Piece> first,
      Streaming streaming,
      ServerResponse response)
      throws IOException, InterruptedException {
    response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
    response.header(HeaderNames.CACHE_CONTROL, "no-cache");
    response.header("X-Accel-Buffering", "no");
    try (OutputStream out = response.outputStream()) {
      new AnswerStream(chunks, samples, streaming, out).run(first);
    }
  }

  private void run(Optional<Samples.Piece> first) throws IOException, InterruptedException {
    try {
      for (Optional<Samples.Piece> piece = first; piece.isPresent(); piece = samples.next()) {
        int index = piece.get().index();
        if (!opened.get(index)) {
          opened.set(index);
          sendChunks(chunks.opening(index));
        }
        sendChunks(
            piece.get().text().isPresent()
                ? chunks.text(index, piece.get().text().get())
                : chunks.end(index));
      }
      if (streaming.usage()) {
        ObjectNode last = chunks.bare();
        chunks.usage().putInto(last);
        sendEvent(last);
      }
    } catch (EngineException e) {
      sendEvent(Answer.errorBody(Generations.failed(e)));
    } catch (ApiException e) {
      sendEvent(Answer.errorBody(e));
    }
    out.write(DONE);
    out.flush();
  }

  private void sendChunks(List<ObjectNode> ready) throws IOException {
    for (ObjectNode chunk : ready) {
      if (streaming.continuousUsage()) {
        chunks.usage().putInto(chunk);
      }
      sendEvent(chunk);
    }
  }

  private void sendEvent(JsonNode event) throws IOException {
    out.write(DATA);
    out.write(Answer.bytes(event));
    out.write(END_OF_EVENT);
    out.flush();
  }
}
