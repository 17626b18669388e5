package org.lfm4j.server;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.util.Optional;
import org.lfm4j.server.edge.InFlight;
import org.lfm4j.server.health.Watchdog;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.Version;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/** {@code /health}, {@code /ping}, {@code /version} and {@code /v1/models}. */
final class StatusEndpoints {
  /** Path of one model; its name, slashes included, follows. */
  static final String MODEL_PREFIX = "/v1/models/";

  private final ServedModel served;
  private final InFlight inFlight;
  private final Watchdog watchdog;
  private final long created = Instant.now().getEpochSecond();

  StatusEndpoints(ServedModel served, InFlight inFlight, Watchdog watchdog) {
    this.served = served;
    this.inFlight = inFlight;
    this.watchdog = watchdog;
  }

  /** 200 without a body while requests are answered; otherwise 503 and why not. */
  void health(ServerRequest request, ServerResponse response) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    if (inFlight.stopping()) {
      body.put("status", "stopping");
      body.put("progress", inFlight.count() + " requests are still being answered");
    } else {
      switch (served.state()) {
        case ServedModel.State.Ready ready -> {
          Optional<String> trouble = watchdog.trouble();
          if (trouble.isEmpty()) {
            response.send();
            return;
          }
          body.put("status", "stuck").put("progress", trouble.get());
        }
        case ServedModel.State.Loading(String progress) ->
            body.put("status", "loading").put("progress", progress);
        case ServedModel.State.Failed(String reason) ->
            body.put("status", "failed").put("progress", reason);
      }
    }
    response.header(HeaderNames.RETRY_AFTER, Integer.toString(ApiException.RETRY_SECONDS));
    Answer.json(request, response, 503, body);
  }

  /** The server's version. */
  void version(ServerRequest request, ServerResponse response) {
    Answer.json(
        request, response, 200, Json.MAPPER.createObjectNode().put("version", Version.NUMBER));
  }

  /** All names the model goes by. */
  void models(ServerRequest request, ServerResponse response) {
    ObjectNode list = Json.MAPPER.createObjectNode().put("object", "list");
    var data = list.putArray("data");
    served.names().forEach(name -> data.add(card(name)));
    Answer.json(request, response, 200, list);
  }

  /** One name. */
  void model(ServerRequest request, ServerResponse response) {
    String path = request.path().path();
    String name = path.substring(path.indexOf(MODEL_PREFIX) + MODEL_PREFIX.length());
    Answer.json(request, response, 200, card(served.answerTo(name)));
  }

  private ObjectNode card(String name) {
    ObjectNode card = Json.MAPPER.createObjectNode();
    card.put("id", name);
    card.put("object", "model");
    card.put("created", created);
    card.put("owned_by", "lfm4j");
    card.put("root", served.root());
    card.putNull("parent");
    if (served.state() instanceof ServedModel.State.Ready(var model)) {
      card.put("max_model_len", model.maxModelLength());
    } else {
      card.putNull("max_model_len");
    }
    return card;
  }
}
