package org.lfm4j.server.generation;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.lfm4j.engine.EngineException;
import org.lfm4j.server.generation.GenerationOptions.Streaming;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.EventOutput;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends answers as server-sent events: the chunks of each sample as they come, then one with token
 * counts if asked for, and what ends such streams.
 */
final class AnswerStream {
  private final Chunks chunks;
  private final Samples samples;
  private final Streaming streaming;
  private final EventOutput out;
  private final BitSet opened = new BitSet();

  private AnswerStream(Chunks chunks, Samples samples, Streaming streaming, EventOutput out) {
    this.chunks = chunks;
    this.samples = samples;
    this.streaming = streaming;
    this.out = out;
  }

  /**
   * Streams answers to their end. A failure becomes an error event if the status has been sent by
   * then, be it with a comment.
   *
   * @throws ApiException if it has not
   * @throws IOException if the client can't be written to
   */
  static void send(Chunks chunks, Samples samples, Streaming streaming, EventOutput out)
      throws IOException, InterruptedException {
    try (out) {
      new AnswerStream(chunks, samples, streaming, out).run();
    }
  }

  private void run() throws IOException, InterruptedException {
    try {
      while (true) {
        Optional<Samples.Piece> piece = samples.next();
        if (piece.isEmpty()) {
          break;
        }
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
      if (streaming.usage() && chunks instanceof Chunks.Counting counting) {
        ObjectNode last = counting.bare();
        counting.usage().putInto(last);
        sendEvent(last);
      }
    } catch (EngineException e) {
      sendFailure(Generations.failed(e));
    } catch (ApiException e) {
      sendFailure(e);
    }
    if (chunks.saysDone()) {
      out.sendDone();
    }
  }

  private void sendFailure(ApiException error) throws IOException {
    if (!out.endUnlessCommitted()) {
      throw error;
    }
    for (ObjectNode chunk : chunks.failure(error)) {
      sendEvent(chunk);
    }
  }

  private void sendChunks(List<ObjectNode> ready) throws IOException {
    for (ObjectNode chunk : ready) {
      if (streaming.continuousUsage() && chunks instanceof Chunks.Counting counting) {
        counting.usage().putInto(chunk);
      }
      sendEvent(chunk);
    }
  }

  private void sendEvent(ObjectNode chunk) throws IOException {
    if (chunks.named()) {
      out.send(chunk.get("type").stringValue(), chunk);
    } else {
      out.send(chunk);
    }
  }
}
