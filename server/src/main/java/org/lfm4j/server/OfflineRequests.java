package org.lfm4j.server;

import java.util.Map;
import org.lfm4j.server.chat.ChatDialect;
import org.lfm4j.server.chat.ChatPrompts;
import org.lfm4j.server.completions.CompletionDialect;
import org.lfm4j.server.generation.Dialect;
import org.lfm4j.server.generation.GenerationEndpoint;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/** Answers the bodies of HTTP requests without HTTP, as batches want it. Thread-safe. */
public final class OfflineRequests {

  /**
   * An answer.
   *
   * @param status the HTTP status it would have
   * @param body the JSON it would have
   */
  public record Result(int status, ObjectNode body) {}

  private final Map<String, GenerationEndpoint> endpoints;

  /**
   * Requests to a model.
   *
   * @param served whose names requests may use
   */
  public OfflineRequests(ServedModel served) {
    Generations generations = new Generations();
    Dialect chat = new ChatDialect(new ChatPrompts(false));
    this.endpoints =
        Map.of(
            "/v1/chat/completions", new GenerationEndpoint(served, generations, chat),
            "/v1/completions",
                new GenerationEndpoint(served, generations, new CompletionDialect()));
  }

  /** Returns whether requests can go to a path. */
  public boolean knows(String path) {
    return endpoints.containsKey(path);
  }

  /**
   * Answers a request to a path that {@link #knows} knows.
   *
   * @throws InterruptedException if this thread is interrupted; the generation is stopped then
   */
  public Result post(String path, ObjectNode body) throws InterruptedException {
    GenerationEndpoint endpoint = endpoints.get(path);
    if (endpoint == null) {
      throw new IllegalArgumentException("there is no endpoint " + path);
    }
    try {
      return new Result(200, endpoint.answer(body));
    } catch (ApiException e) {
      return new Result(e.status(), Answer.errorBody(e));
    }
  }
}
