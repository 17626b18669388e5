package org.lfm4j.server.completions;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.TokenIds;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Reads {@code prompt}: a text, some texts, token ids, or some lists of token ids. */
final class PromptField {
  private static final String FORMS =
      "a text of at least one character, a list of texts, a list of token ids, or a list of such lists";
  private static final int MOST_PROMPTS = 1024;

  private final Fields body;
  private final LanguageModel model;
  private final boolean addSpecialTokens;

  private PromptField(Fields body, LanguageModel model) {
    this.body = body;
    this.model = model;
    this.addSpecialTokens = body.bool("add_special_tokens", true);
  }

  /**
   * Reads the prompts of a request, at least one.
   *
   * @throws ApiException naming the prompt at fault
   */
  static List<Prompt> read(Fields body, LanguageModel model) {
    return new PromptField(body, model).read();
  }

  private List<Prompt> read() {
    JsonNode prompt = body.get("prompt");
    if (prompt.isString() && !prompt.stringValue().isEmpty()) {
      return List.of(text(prompt));
    }
    if (!(prompt instanceof ArrayNode list) || list.isEmpty()) {
      throw body.mustBe("prompt", FORMS);
    }
    if (list.get(0).isNumber()) {
      return List.of(ids(list, "prompt"));
    }
    if (list.size() > MOST_PROMPTS) {
      throw ApiException.badRequest(
          "prompt",
          "prompt may hold at most %d texts or lists, got %d: send several requests"
              .formatted(MOST_PROMPTS, list.size()));
    }
    List<Prompt> prompts = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      prompts.add(element(list.get(i), "prompt[" + i + "]"));
    }
    return prompts;
  }

  private Prompt element(JsonNode element, String place) {
    if (element.isString()) {
      return text(element);
    }
    if (element instanceof ArrayNode ids && !ids.isEmpty()) {
      return ids(ids, place);
    }
    throw ApiException.badRequest(
        "prompt",
        "%s must be a text or a list of token ids, got %s".formatted(place, Json.quote(element)));
  }

  private Prompt text(JsonNode node) {
    return Prompt.of(node.stringValue(), addSpecialTokens, model.tokenizer());
  }

  private Prompt ids(ArrayNode list, String place) {
    int[] ids = TokenIds.read(list, "prompt", place, model.config().vocabSize());
    return Prompt.of(ids, model.tokenizer());
  }
}
