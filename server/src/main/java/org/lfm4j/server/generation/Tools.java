package org.lfm4j.server.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.grammar.GrammarSpec;
import org.lfm4j.server.generation.ToolChoice.Kind;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.tools.AnswerParser;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tools of a request and what is to become of them.
 *
 * @param all in the form of chat completions, which templates know
 * @param choice whether they may or must be called
 */
public record Tools(List<Object> all, ToolChoice choice) {
  private static final String NO_PARAMETERS = "{\"type\":\"object\",\"properties\":{}}";

  /**
   * Reads {@code tools} and what a request says about calling them.
   *
   * @param chatForm returns a tool in the form of chat completions, or refuses it
   * @param choice reads the choice among tools of these names
   * @throws ApiException naming the field at fault
   */
  public static Tools read(
      Fields body,
      Function<Fields, ObjectNode> chatForm,
      Function<List<String>, ToolChoice> choice) {
    ArrayNode array = body.array("tools").orElseGet(Json.MAPPER::createArrayNode);
    List<Object> tools = new ArrayList<>(array.size());
    List<String> names = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      ObjectNode tool = chatForm.apply(body.element("tools", array, i));
      tools.add(Json.toMap(tool));
      names.add(tool.at("/function/name").stringValue());
    }
    return new Tools(tools, choice.apply(names));
  }

  /** Returns a function in the form of chat completions. */
  public static ObjectNode function(ObjectNode function) {
    ObjectNode tool = Json.MAPPER.createObjectNode();
    tool.put("type", "function");
    tool.set("function", function);
    return tool;
  }

  /** Returns what the template is to show. */
  public List<Object> shown() {
    return choice.kind() == Kind.NONE ? List.of() : all;
  }

  /**
   * Returns options for a request with these tools: where they are shown, control tokens stay in
   * the text; where the model must call, nothing but calls can come, whatever format other answers
   * are to have.
   *
   * @param parallel whether there may be several calls
   */
  public GenerationOptions apply(GenerationOptions options, boolean parallel) {
    if (shown().isEmpty()) {
      return options;
    }
    return choice.isForced()
        ? options.withSpecialTokens().withGrammar(calls(parallel))
        : options.withSpecialTokens();
  }

  private AskedGrammar calls(boolean parallel) {
    List<GrammarSpec.Tool> callable =
        all.stream()
            .map(Json.MAPPER::<ObjectNode>valueToTree)
            .map(tool -> tool.path("function"))
            .filter(function -> choice.allows(function.path("name").asString()))
            .map(function ->
                new GrammarSpec.Tool(
                    function.path("name").asString(),
                    function.hasNonNull("parameters")
                        ? function.get("parameters").toString()
                        : NO_PARAMETERS))
            .toList();
    boolean several = parallel && choice.kind() != Kind.NAMED;
    return new AskedGrammar(new GrammarSpec.ToolCalls(callable, several), "tools");
  }

  /**
   * Returns how an answer is taken apart. One that is bound to a grammar has no reasoning, even if
   * the prompt ends inside it.
   *
   * @param request what it is to continue
   * @param showReasoning whether reasoning is sent
   * @param parallel whether calls after the first are sent
   */
  public AnswerReading reading(
      GenerationRequest request, LanguageModel model, boolean showReasoning, boolean parallel) {
    boolean inReasoning =
        request.grammar().isEmpty()
            && AnswerParser.endsInReasoning(request.prompt(), model.tokenizer());
    return new AnswerReading(inReasoning, !shown().isEmpty(), showReasoning, parallel);
  }
}
