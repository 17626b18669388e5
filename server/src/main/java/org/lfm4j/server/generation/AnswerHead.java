package org.lfm4j.server.generation;

import java.time.Instant;
import java.util.Optional;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.Version;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the JSON of one answer and the chunks of one stream have in common.
 *
 * @param id the kind of answer, like {@code chatcmpl}, and random digits or the client's own
 * @param created seconds since 1970
 * @param model the name the client used
 */
public record AnswerHead(String id, long created, String model) {
  /** What {@code system_fingerprint} says. */
  public static final String FINGERPRINT = "lfm4j-" + Version.NUMBER;

  /**
   * An answer that starts now.
   *
   * @param prefix the kind of answer, like {@code chatcmpl-}
   * @param requestId what the client calls it, instead of random digits
   */
  public static AnswerHead of(String prefix, String model, Optional<String> requestId) {
    String id = requestId.map(own -> prefix + own).orElseGet(() -> Ids.random(prefix));
    return new AnswerHead(id, Instant.now().getEpochSecond(), model);
  }

  /** Returns an object with the fields that come first everywhere. */
  public ObjectNode start(String object) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("id", id);
    node.put("object", object);
    node.put("created", created);
    node.put("model", model);
    return node;
  }

  /** Writes why a generation ended into a choice. */
  public static void putFinish(ObjectNode choice, Generation generation) {
    choice.put(
        "finish_reason", generation.finishReason() == FinishReason.LENGTH ? "length" : "stop");
    choice.putNull("stop_reason");
    generation.stopTokenId().ifPresent(id -> choice.put("stop_reason", id));
    generation.stopString().ifPresent(stop -> choice.put("stop_reason", stop));
  }
}
