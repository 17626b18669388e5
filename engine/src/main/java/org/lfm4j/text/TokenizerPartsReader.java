package org.lfm4j.text;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Takes a tokenizer.json apart, after {@link TokenizerFile} has found it sound. */
final class TokenizerPartsReader {
  private TokenizerPartsReader() {}

  static TokenizerParts read(Path path, int size) {
    TokenizerFile file = TokenizerFile.read(path);
    if (file.vocabulary().size() > size) {
      throw new TextException(
          "%s: it has %d tokens, but the model's embedding has %d: they are of different models"
              .formatted(path, file.vocabulary().size(), size));
    }
    JsonNode model = JsonMapper.shared().readTree(path.toFile()).path("model");
    String[] tokens = new String[size];
    Integer[] kinds = new Integer[size];
    for (int id = 0; id < size; id++) {
      tokens[id] = "[PAD%d]".formatted(id);
      kinds[id] = TokenizerParts.UNUSED;
    }
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      tokens[entry.getValue().asInt()] = entry.getKey();
      kinds[entry.getValue().asInt()] = TokenizerParts.NORMAL;
    }
    for (AddedToken token : file.addedTokens()) {
      tokens[token.id()] = token.content();
      kinds[token.id()] = token.control() ? TokenizerParts.CONTROL : TokenizerParts.USER_DEFINED;
    }
    return new TokenizerParts(
        Arrays.asList(tokens),
        Arrays.asList(kinds),
        merges(model.path("merges")),
        TokenizerFromParts.LFM2,
        one(path, file.prefix()),
        one(path, file.suffix()));
  }

  private static List<String> merges(JsonNode rules) {
    List<String> merges = new ArrayList<>();
    for (JsonNode rule : rules) {
      merges.add(
          rule.isArray() ? rule.get(0).asString() + " " + rule.get(1).asString() : rule.asString());
    }
    return merges;
  }

  private static OptionalInt one(Path path, int[] ids) {
    if (ids.length > 1) {
      throw new TextException(
          "%s: it puts %d tokens around a text; other formats have room for one"
              .formatted(path, ids.length));
    }
    return Arrays.stream(ids).findFirst();
  }
}
