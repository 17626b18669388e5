package org.lfm4j.server.openapi;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Shows the description of the API as one page of HTML that needs nothing else. */
final class ReferencePage {
  /** Nothing is loaded and nothing runs. */
  static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String STYLE =
      """
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
      h2 { margin-top: 3rem; border-top: 1px solid #8886; padding-top: 1rem }
      table { border-collapse: collapse; width: 100% } code { font-size: .95em }
      td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8883 }
      td { overflow-wrap: anywhere }
      :root { color-scheme: light dark }
      """;

  private final ObjectNode document;
  private final StringBuilder out = new StringBuilder();

  ReferencePage(ObjectNode document) {
    this.document = document;
  }

  String html() {
    JsonNode info = document.path("info");
    out.append("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\"><title>")
        .append(escaped(info.path("title").asString()))
        .append("</title><style>\n")
        .append(STYLE)
        .append("</style></head>\n<body>\n");
    element("h1", info.path("title").asString() + " " + info.path("version").asString());
    element("p", info.path("description").asString());
    out.append("<p><a href=\"openapi.json\">openapi.json</a></p>\n");
    ((ObjectNode) document.path("paths"))
        .forEachEntry((path, operations) ->
            ((ObjectNode) operations)
                .forEachEntry((method, operation) -> operation(method, path, operation)));
    return out.append("</body>\n</html>\n").toString();
  }

  private void operation(String method, String path, JsonNode operation) {
    element("h2", method.toUpperCase(Locale.ROOT) + " " + path);
    element("p", operation.path("summary").asString(""));
    JsonNode body = operation.at("/requestBody/content/application~1json/schema");
    if (!body.isMissingNode()) {
      out.append("<table>\n<tr><th>field</th><th>type</th><th>meaning</th></tr>\n");
      Map<String, JsonNode> fields = new LinkedHashMap<>();
      Set<String> required = new HashSet<>();
      collect(body, fields, required);
      fields.forEach((name, field) ->
          row(name + (required.contains(name) ? " (required)" : ""), type(field), meaning(field)));
      out.append("</table>\n");
    }
    out.append("<h3>Answers</h3>\n<table>\n");
    ((ObjectNode) operation.path("responses"))
        .forEachEntry(
            (status, answer) -> row(status, "", resolved(answer).path("description").asString("")));
    out.append("</table>\n");
  }

  /** Collects the fields of a schema and its parts; a later description wins. */
  private void collect(JsonNode reference, Map<String, JsonNode> fields, Set<String> required) {
    JsonNode schema = resolved(reference);
    schema.path("properties").forEachEntry(fields::put);
    schema.path("required").forEach(name -> required.add(name.stringValue()));
    schema.path("allOf").forEach(part -> collect(part, fields, required));
    schema.path("anyOf").forEach(part -> collect(part, fields, new HashSet<>()));
  }

  private String meaning(JsonNode field) {
    JsonNode schema = resolved(field);
    String text = field.path("description").asString(schema.path("description").asString(""));
    JsonNode standard = field.path("default");
    return standard.isMissingNode() ? text : text + " Default: " + standard + ".";
  }

  private String type(JsonNode field) {
    JsonNode schema = resolved(field);
    JsonNode type = schema.path("type");
    if (type.isArray()) {
      return type.path(0).asString();
    }
    return type.asString(schema.has("enum") ? "one of " + schema.path("enum") : "several");
  }

  private JsonNode resolved(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isString() ? document.at(reference.stringValue().substring(1)) : node;
  }

  private void row(String name, String type, String meaning) {
    out.append("<tr><td><code>")
        .append(escaped(name))
        .append("</code></td><td>")
        .append(escaped(type))
        .append("</td><td>")
        .append(escaped(meaning))
        .append("</td></tr>\n");
  }

  private void element(String tag, String text) {
    out.append('<').append(tag).append('>').append(escaped(text));
    out.append("</").append(tag).append(">\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
