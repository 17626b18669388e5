package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.openapi.OpenApi;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code /openapi.json} promises, and whether an answer keeps it. */
final class ApiDescription {
  static final ObjectNode DOCUMENT = OpenApi.document();

  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private static final Map<JsonNode, Schema> COMPILED = new ConcurrentHashMap<>();

  private ApiDescription() {}

  /** Returns the node that {@code $ref} leads to, or the node itself. */
  static JsonNode resolve(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isString() ? DOCUMENT.at(reference.stringValue().substring(1)) : node;
  }

  /** Returns the fields that a request schema names, in all its parts. */
  static Set<String> fields(JsonNode node) {
    JsonNode schema = resolve(node);
    Set<String> names = new TreeSet<>(schema.path("properties").propertyNames());
    schema.path("allOf").forEach(part -> names.addAll(fields(part)));
    schema.path("anyOf").forEach(part -> names.addAll(fields(part)));
    return names;
  }

  static JsonNode requestSchema(String path) {
    return DOCUMENT
        .path("paths")
        .path(path)
        .at("/post/requestBody/content/application~1json/schema");
  }

  /** Checks an answer of a described operation; an operation that isn't described has no rules. */
  static void check(String method, String path, HttpResponse<String> response) {
    String described = path.startsWith("/v1/models/") ? "/v1/models/{model}" : path;
    JsonNode operation =
        DOCUMENT.path("paths").path(described).path(method.toLowerCase(java.util.Locale.ROOT));
    if (operation.isMissingNode()) {
      return;
    }
    int status = response.statusCode();
    JsonNode answer = resolve(operation.path("responses").path(Integer.toString(status)));
    assertThat(answer.isObject()).as("%s %s may answer %d", method, path, status).isTrue();
    if (!answer.has("content")) {
      assertThat(response.body()).isEmpty();
      return;
    }
    String type = response.headers().firstValue("content-type").orElse("").split(";", 2)[0].strip();
    JsonNode schema = answer.path("content").path(type).path("schema");
    assertThat(schema.isObject()).as("%s %s answers with %s", method, path, type).isTrue();
    if (type.equals("text/event-stream")) {
      checkEvents(schema, response.body());
    } else if (type.equals("application/json")) {
      checkValid(schema, Json.MAPPER.readTree(response.body()));
    }
  }

  private static void checkEvents(JsonNode chunk, String body) {
    for (String line : body.lines().filter(l -> l.startsWith("data: {")).toList()) {
      JsonNode event = Json.MAPPER.readTree(line.substring("data: ".length()));
      checkValid(
          event.has("error") && !event.has("type")
              ? DOCUMENT.at("/components/schemas/Error")
              : chunk,
          event);
    }
  }

  private static void checkValid(JsonNode schema, JsonNode value) {
    List<Error> errors = COMPILED.computeIfAbsent(schema, ApiDescription::compile).validate(value);
    assertThat(errors).as(value.toString()).isEmpty();
  }

  private static Schema compile(JsonNode schema) {
    ObjectNode root = ((ObjectNode) schema).deepCopy();
    root.set("components", DOCUMENT.get("components"));
    return SCHEMAS.getSchema(root);
  }
}
