package org.lfm4j.server.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.OpenPaths;
import org.lfm4j.server.http.Version;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API, put together from one resource for each group of endpoints. */
public final class OpenApi {
  /** The resources, in the order in which readers see their paths. */
  private static final List<String> GROUPS =
      List.of(
          "generation",
          "chat",
          "completions",
          "responses",
          "messages",
          "tokenize",
          "status",
          "metrics",
          "description");

  private static final String ANTHROPIC = "AnthropicError";

  private OpenApi() {}

  /** Returns the whole description in OpenAPI 3.1. */
  public static ObjectNode document() {
    ObjectNode document = resource("api");
    ((ObjectNode) document.get("info")).put("version", Version.NUMBER);
    for (String name : GROUPS) {
      ObjectNode group = resource(name);
      copy(group, document, "paths");
      for (String kind : List.of("schemas", "responses")) {
        copy(group.withObject("components"), document.withObject("components"), kind);
      }
    }
    ((ObjectNode) document.get("paths")).forEachEntry(OpenApi::addAnswersOfTheEdge);
    return document;
  }

  /** Adds what any operation may answer before its endpoint has seen the request. */
  private static void addAnswersOfTheEdge(String path, JsonNode operations) {
    boolean anthropic = path.startsWith("/v1/messages");
    for (JsonNode operation : operations) {
      ObjectNode responses = (ObjectNode) operation.get("responses");
      refer(responses, "431", anthropic ? ANTHROPIC : "HeadersTooLarge");
      if (!OpenPaths.ALL.contains(path)) {
        refer(responses, "401", anthropic ? ANTHROPIC : "NoKey");
        refer(responses, "429", anthropic ? ANTHROPIC : "TooMany");
        refer(responses, "503", anthropic ? ANTHROPIC : "NotReady");
      }
    }
  }

  private static void refer(ObjectNode responses, String status, String name) {
    if (!responses.has(status)) {
      responses.putObject(status).put("$ref", "#/components/responses/" + name);
    }
  }

  private static void copy(ObjectNode from, ObjectNode to, String name) {
    from.withObject(name)
        .forEachEntry((key, value) -> {
          if (to.withObject(name).has(key)) {
            throw new IllegalStateException("two descriptions of " + key);
          }
          to.withObject(name).set(key, value);
        });
  }

  private static ObjectNode resource(String name) {
    try (InputStream in = OpenApi.class.getResourceAsStream(name + ".json")) {
      if (in == null) {
        throw new IllegalStateException("the resource " + name + ".json is missing");
      }
      return Json.object(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
