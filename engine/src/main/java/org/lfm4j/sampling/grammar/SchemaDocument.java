package org.lfm4j.sampling.grammar;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A parsed schema document: where references lead, and which keywords are not supported. */
final class SchemaDocument {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Keywords that constrain values and that masks can't express here. */
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "contains",
          "minContains",
          "maxContains",
          "unevaluatedItems",
          "unevaluatedProperties",
          "dependentRequired",
          "dependentSchemas",
          "dependencies",
          "additionalItems",
          "$dynamicRef",
          "$dynamicAnchor",
          "$recursiveRef",
          "$recursiveAnchor",
          "$vocabulary");

  private final JsonNode root;

  private SchemaDocument(JsonNode root) {
    this.root = root;
  }

  static SchemaDocument parse(String schema) {
    Limits.text("the schema", schema);
    JsonNode root;
    try {
      root = MAPPER.readTree(schema);
    } catch (JacksonException e) {
      throw new GrammarException("the schema is no JSON: %s".formatted(e.getOriginalMessage()));
    }
    requireDepth(root, 0);
    return new SchemaDocument(root);
  }

  private static void requireDepth(JsonNode node, int depth) {
    if (depth > Limits.DEPTH) {
      throw new GrammarException(
          "the schema is nested deeper than %d levels: put parts of it into $defs"
              .formatted(Limits.DEPTH));
    }
    for (JsonNode child : node) {
      requireDepth(child, depth + 1);
    }
  }

  Schema root() {
    return Schema.of(root, "#");
  }

  /** Refuses what is not supported, so that nothing is ever silently ignored. */
  void check(Schema schema) {
    for (String keyword : schema.node().propertyNames()) {
      if (UNSUPPORTED.contains(keyword)) {
        throw schema.error("keyword \"%s\" is not supported".formatted(keyword));
      }
    }
    if (schema.find("uniqueItems").filter(JsonNode::booleanValue).isPresent()) {
      throw schema.error("keyword \"uniqueItems\" is not supported");
    }
    if (schema.has("$id") && !schema.pointer().equals("#")) {
      throw schema.error("keyword \"$id\" is not supported below the root");
    }
  }

  /** Follows a reference within the document. */
  Schema resolve(Schema from, String reference) {
    String id = Optional.ofNullable(root.get("$id")).map(JsonNode::asString).orElse("");
    String target =
        !id.isEmpty() && reference.startsWith(id) ? reference.substring(id.length()) : reference;
    if (target.isEmpty()) {
      return root();
    }
    if (!target.startsWith("#")) {
      throw from.error(
          "\"$ref\": \"%s\" leads out of the schema, which is not supported: put it into $defs"
              .formatted(reference));
    }
    String fragment;
    try {
      fragment = URLDecoder.decode(target.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw from.error("\"$ref\": \"%s\" is no URI".formatted(reference));
    }
    Optional<Schema> found =
        fragment.isEmpty() || fragment.startsWith("/")
            ? at(fragment)
            : anchored(root(), fragment, 0);
    return found.orElseThrow(
        () -> from.error("\"$ref\": \"%s\" leads nowhere".formatted(reference)));
  }

  private Optional<Schema> at(String fragment) {
    JsonNode node = root;
    String pointer = "#";
    for (String part : fragment.isEmpty() ? new String[0] : fragment.substring(1).split("/", -1)) {
      String name = part.replace("~1", "/").replace("~0", "~");
      JsonNode next = node.isArray() ? item(node, name) : node.get(name);
      if (next == null) {
        return Optional.empty();
      }
      node = next;
      pointer += "/" + part;
      if (node.isObject() && node.path("$id").isString()) {
        throw new GrammarException(
            "%s: keyword \"$id\" is not supported below the root".formatted(pointer));
      }
    }
    return Optional.of(Schema.of(node, pointer));
  }

  private static @Nullable JsonNode item(JsonNode list, String index) {
    return index.matches("0|[1-9][0-9]{0,8}") ? list.get(Integer.parseInt(index)) : null;
  }

  private static Optional<Schema> anchored(Schema schema, String name, int depth) {
    if (depth > Limits.DEPTH || !(schema.node().isObject() || schema.node().isArray())) {
      return Optional.empty();
    }
    if (schema.node().path("$anchor").isString()
        && schema.node().path("$anchor").stringValue().equals(name)) {
      return Optional.of(schema);
    }
    if (schema.node().isObject()) {
      for (String key : schema.node().propertyNames()) {
        if (key.equals("enum") || key.equals("const")) {
          continue;
        }
        Schema below =
            new Schema(schema.node().get(key), schema.pointer() + "/" + Schema.escape(key));
        Optional<Schema> found = anchored(below, name, depth + 1);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    for (int i = 0; schema.node().isArray() && i < schema.node().size(); i++) {
      Schema below = new Schema(schema.node().get(i), schema.pointer() + "/" + i);
      Optional<Schema> found = anchored(below, name, depth + 1);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}
