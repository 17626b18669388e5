package org.lfm4j.server;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the JSON of one answer and the chunks of one stream have in common.
 *
 * @param id {@code chatcmpl-} and random digits
 * @param created seconds since 1970
 * @param model the name the client used
 */
record ChatAnswer(String id, long created, String model) {
  static final String FINGERPRINT = "lfm4j-" + Server.VERSION;

  /** An answer that starts now. */
  static ChatAnswer to(String model) {
    String id = "chatcmpl-" + UUID.randomUUID().toString().replace("-", "");
    return new ChatAnswer(id, Instant.now().getEpochSecond(), model);
  }

  /** Returns an object with the fields that come first everywhere. */
  ObjectNode start(String object) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("id", id);
    node.put("object", object);
    node.put("created", created);
    node.put("model", model);
    return node;
  }

  /** Writes why a generation ended into a choice. */
  static void putFinish(ObjectNode choice, Generation generation) {
    choice.put(
        "finish_reason", generation.finishReason() == FinishReason.LENGTH ? "length" : "stop");
    generation
        .stopString()
        .ifPresentOrElse(
            stop -> choice.put("stop_reason", stop), () -> choice.putNull("stop_reason"));
  }

  /** Writes token counts as they are now; the prompt of several answers counts once. */
  static void putUsage(ObjectNode node, List<Generation> generations) {
    int prompt = generations.getFirst().promptTokens();
    int completion = generations.stream().mapToInt(Generation::completionTokens).sum();
    ObjectNode usage = node.putObject("usage");
    usage.put("prompt_tokens", prompt);
    usage.put("total_tokens", prompt + completion);
    usage.put("completion_tokens", completion);
    usage
        .putObject("prompt_tokens_details")
        .put("cached_tokens", generations.getFirst().cachedTokens());
  }
}
