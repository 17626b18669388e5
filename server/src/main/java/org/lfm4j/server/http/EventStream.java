package org.lfm4j.server.http;

import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** An answer of server-sent events, each flushed by itself. Used by one thread. */
public final class EventStream implements AutoCloseable {
  private final OutputStream out;

  private EventStream(OutputStream out) {
    this.out = out;
  }

  /** Starts the answer: from here on its status can't change any more. */
  public static EventStream open(ServerResponse response) {
    return new EventStream(EventOutput.of(response));
  }

  /**
   * Sends an event without a name.
   *
   * @throws IOException if the client can't be written to
   */
  public void send(JsonNode data) throws IOException {
    write("data: " + data + "\n\n");
  }

  /**
   * Sends an event with a name.
   *
   * @throws IOException if the client can't be written to
   */
  public void send(String name, JsonNode data) throws IOException {
    write("event: " + name + "\ndata: " + data + "\n\n");
  }

  /**
   * Sends what ends OpenAI's streams.
   *
   * @throws IOException if the client can't be written to
   */
  public void sendDone() throws IOException {
    write("data: [DONE]\n\n");
  }

  private void write(String event) throws IOException {
    out.write(event.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
