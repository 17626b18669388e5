package org.lfm4j.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * What the files of a model say about its chat template.
 *
 * @param template the template's text
 * @param namedTokens texts of the tokens that templates know by name, such as {@code bos_token}
 */
record ChatTemplateFiles(String template, Map<String, String> namedTokens) {

  static ChatTemplateFiles read(Path directory, Tokenizer tokenizer) {
    JsonNode config = json(directory.resolve("tokenizer_config.json"));
    Path file = directory.resolve("chat_template.jinja");
    String template = Files.isRegularFile(file) ? text(file) : template(config);
    if (template.isEmpty()) {
      throw new TextException(
          "No chat template in "
              + directory
              + ": add the model's chat_template.jinja, or use completions instead of chat");
    }
    Map<String, String> tokens = new LinkedHashMap<>();
    int[] prefix = tokenizer.prefixIds();
    if (prefix.length > 0) {
      tokens.put("bos_token", tokenizer.token(prefix[0]));
    }
    addTokens(json(directory.resolve("special_tokens_map.json")), tokens);
    addTokens(config, tokens);
    return new ChatTemplateFiles(template, tokens);
  }

  /** A model may come with several templates in a list; the one named default is for chat. */
  private static String template(JsonNode config) {
    JsonNode template = config.path("chat_template");
    for (JsonNode named : template) {
      if (named.path("name").asString("").equals("default")) {
        return named.path("template").asString("");
      }
    }
    return template.asString("");
  }

  /** Token entries are texts, or objects with the text in {@code content}. */
  private static void addTokens(JsonNode json, Map<String, String> tokens) {
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      JsonNode token = entry.getValue();
      String text = token.isString() ? token.asString() : token.path("content").asString("");
      if (entry.getKey().endsWith("_token") && !text.isEmpty()) {
        tokens.put(entry.getKey(), text);
      }
    }
  }

  private static JsonNode json(Path file) {
    try {
      return Files.isRegularFile(file)
          ? JsonMapper.shared().readTree(file.toFile())
          : MissingNode.getInstance();
    } catch (JacksonException e) {
      throw new TextException(file + " is damaged: " + e.getOriginalMessage(), e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new TextException("Can't read " + file + ": " + e.getMessage(), e);
    }
  }
}
