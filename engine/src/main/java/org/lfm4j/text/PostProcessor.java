package org.lfm4j.text;

import tools.jackson.databind.JsonNode;

/**
 * The ids that a tokenizer.json adds around a text.
 *
 * @param prefix ids before it
 * @param suffix ids after it
 */
record PostProcessor(int[] prefix, int[] suffix) {

  /** Reads a TemplateProcessing, alone or in a Sequence; ByteLevel concerns offsets only. */
  static PostProcessor read(JsonNode node) {
    IntList prefix = new IntList(1);
    IntList suffix = new IntList(1);
    read(node, prefix, suffix);
    return new PostProcessor(prefix.toArray(), suffix.toArray());
  }

  private static void read(JsonNode node, IntList prefix, IntList suffix) {
    switch (node.path("type").asString("none")) {
      case "none", "ByteLevel" -> {}
      case "Sequence" -> node.path("processors").forEach(p -> read(p, prefix, suffix));
      case "TemplateProcessing" -> readTemplate(node, prefix, suffix);
      default -> throw new TextException("post_processor is not supported: " + node);
    }
  }

  private static void readTemplate(JsonNode node, IntList prefix, IntList suffix) {
    boolean textSeen = false;
    for (JsonNode item : node.path("single")) {
      if (item.has("Sequence")) {
        textSeen = true;
        continue;
      }
      String name = item.path("SpecialToken").path("id").asString("");
      JsonNode ids = node.path("special_tokens").path(name).path("ids");
      if (ids.isEmpty()) {
        throw new TextException("post_processor names '" + name + "' but gives no ids for it");
      }
      for (JsonNode id : ids) {
        (textSeen ? suffix : prefix).add(id.asInt());
      }
    }
  }
}
