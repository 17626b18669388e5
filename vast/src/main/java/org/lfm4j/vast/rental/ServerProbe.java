package org.lfm4j.vast.rental;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.lfm4j.vast.Transport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the server on an instance how it is. */
final class ServerProbe {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String QUESTION =
      """
      {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8, "temperature": 0}\
      """;

  private final Transport transport;

  ServerProbe(Transport transport) {
    this.transport = transport;
  }

  /** How a server is. */
  sealed interface Health {
    /** It answers requests. */
    record Ready() implements Health {}

    /** It loads; {@code progress} says how far it is. */
    record Loading(String progress) implements Health {}

    /** It can't load its model. */
    record Failed(String reason) implements Health {}

    /** Nobody answers. */
    record Silent() implements Health {}
  }

  Health health(URI endpoint) throws InterruptedException {
    Transport.Reply reply;
    try {
      reply = transport.send(call("GET", endpoint.resolve("/health"), "", Optional.empty()));
    } catch (IOException e) {
      return new Health.Silent();
    }
    if (reply.status() == 200) {
      return new Health.Ready();
    }
    try {
      JsonNode body = JSON.readTree(reply.body());
      String progress = body.path("progress").asString("");
      return body.path("status").asString("").equals("failed")
          ? new Health.Failed(progress)
          : new Health.Loading(progress);
    } catch (JacksonException e) {
      return new Health.Loading("status " + reply.status());
    }
  }

  /** Returns the answer to a short question, or nothing if there is none. */
  Optional<String> complete(URI endpoint, String key) throws InterruptedException {
    try {
      Transport.Reply reply =
          transport.send(
              call("POST", endpoint.resolve("/v1/chat/completions"), key, Optional.of(QUESTION)));
      JsonNode content =
          JSON.readTree(reply.body()).path("choices").path(0).path("message").path("content");
      return reply.status() == 200 && content.isString()
          ? Optional.of(content.stringValue())
          : Optional.empty();
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  private static Transport.Call call(String method, URI uri, String key, Optional<String> body) {
    return new Transport.Call(
        method, uri, key.isEmpty() ? Optional.empty() : Optional.of("Bearer " + key), body);
  }
}
