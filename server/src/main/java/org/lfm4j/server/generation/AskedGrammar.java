package org.lfm4j.server.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.lfm4j.sampling.grammar.GrammarException;
import org.lfm4j.sampling.grammar.GrammarSpec;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import tools.jackson.databind.JsonNode;

/**
 * What a client wants the whole answer to look like, in the words of vLLM ({@code
 * structured_outputs}, and {@code guided_*} as it was called before), of OpenAI and of Anthropic
 * (formats).
 *
 * @param spec the grammar
 * @param field where it was asked for
 */
public record AskedGrammar(GrammarSpec spec, String field) {
  /** vLLM's fields, which may be used wherever text is generated. */
  public static final Set<String> NAMES =
      Set.of(
          "structured_outputs", "guided_json", "guided_regex", "guided_choice", "guided_grammar");

  private static final String OUTPUTS = "structured_outputs";

  /** The kinds of {@link #OUTPUTS}, and what each was called before. */
  private static final Map<String, String> FORMER_NAMES =
      Map.of(
          "guided_json", "json",
          "guided_regex", "regex",
          "guided_choice", "choice",
          "guided_grammar", "grammar");

  /**
   * Reads vLLM's fields.
   *
   * @return empty if none does
   * @throws ApiException naming the field at fault, or the two that contradict each other
   */
  public static Optional<AskedGrammar> read(Fields body) {
    List<AskedGrammar> asked = new ArrayList<>();
    body.object(OUTPUTS).ifPresent(outputs -> ofOutputs(outputs, asked));
    FORMER_NAMES.forEach((name, kind) -> {
      if (body.has(name)) {
        asked.add(of(body, name, kind));
      }
    });
    if (asked.size() > 1) {
      throw asked.getFirst().contradicts(asked.get(1));
    }
    return asked.stream().findFirst();
  }

  /** Returns what a client is told that also asks for another grammar. */
  ApiException contradicts(AskedGrammar other) {
    return ApiException.badRequest(
        other.field(),
        "You can only use one kind of structured output, got %s and %s: leave one out"
            .formatted(field, other.field()));
  }

  /**
   * Reads OpenAI's {@code response_format}.
   *
   * @return empty if it asks for text
   * @throws ApiException naming the field at fault
   */
  public static Optional<AskedGrammar> responseFormat(Fields body) {
    return body.object("response_format")
        .flatMap(format ->
            format(
                format,
                () ->
                    format
                        .object("json_schema")
                        .orElseThrow(
                            () -> format.mustBe("json_schema", "an object with a schema"))));
  }

  /**
   * Reads a format whose schema stands beside its type, as in the newer APIs.
   *
   * @param owner what may have a field {@code format}
   * @return empty if it asks for text
   * @throws ApiException naming the field at fault
   */
  public static Optional<AskedGrammar> flatFormat(Fields owner) {
    return owner.object("format").flatMap(format -> format(format, () -> format));
  }

  private static Optional<AskedGrammar> format(Fields format, Supplier<Fields> wrapper) {
    return switch (format.string("type").orElse("")) {
      case "text" -> Optional.empty();
      case "json_object" ->
          Optional.of(new AskedGrammar(new GrammarSpec.JsonObject(), format.path() + "type"));
      case "json_schema" -> {
        if (!wrapper.get().has("schema")) {
          throw wrapper.get().mustBe("schema", "a JSON schema");
        }
        yield Optional.of(of(wrapper.get(), "schema", "json"));
      }
      default -> throw format.mustBe("type", "\"text\", \"json_object\" or \"json_schema\"");
    };
  }

  private static void ofOutputs(Fields outputs, List<AskedGrammar> asked) {
    for (String kind : outputs.node().propertyNames()) {
      JsonNode value = outputs.get(kind);
      boolean neutral = value.isNull() || (value.isBoolean() && !value.booleanValue());
      if (FORMER_NAMES.containsValue(kind)) {
        if (!value.isNull()) {
          asked.add(of(outputs, kind, kind));
        }
      } else if (kind.equals("json_object") && outputs.bool(kind)) {
        asked.add(new AskedGrammar(new GrammarSpec.JsonObject(), outputs.path() + kind));
      } else if (!neutral) {
        throw ApiException.badRequest(
            outputs.path() + kind,
            "%s%s is not supported: use json, regex, choice, grammar or json_object"
                .formatted(outputs.path(), kind));
      }
    }
    if (asked.isEmpty()) {
      throw ApiException.badRequest(
          OUTPUTS, OUTPUTS + " must have one of json, regex, choice, grammar or json_object");
    }
  }

  private static AskedGrammar of(Fields fields, String name, String kind) {
    GrammarSpec spec =
        switch (kind) {
          case "json" -> schema(fields, name);
          case "choice" -> choice(fields, name);
          case "regex" -> new GrammarSpec.Regex(text(fields, name));
          default -> new GrammarSpec.Ebnf(text(fields, name));
        };
    return new AskedGrammar(spec, fields.path() + name);
  }

  /** A schema, which may come as JSON within a string. */
  private static GrammarSpec schema(Fields fields, String name) {
    JsonNode schema = fields.get(name);
    if (!schema.isObject() && !schema.isBoolean() && !schema.isString()) {
      throw fields.mustBe(name, "a JSON schema");
    }
    return new GrammarSpec.JsonSchema(schema.isString() ? schema.stringValue() : schema.toString());
  }

  private static String text(Fields fields, String name) {
    return fields.string(name).orElseThrow(() -> fields.mustBe(name, "a string"));
  }

  private static GrammarSpec choice(Fields fields, String name) {
    List<String> options = new ArrayList<>();
    for (JsonNode option : fields.array(name).orElseThrow(() -> fields.mustBe(name, "a list"))) {
      if (!option.isString()) {
        throw fields.mustBe(name, "a list of strings");
      }
      options.add(option.stringValue());
    }
    if (options.isEmpty()) {
      throw fields.mustBe(name, "a list of at least one string");
    }
    return new GrammarSpec.Choice(options);
  }

  /** Returns what a client is told whose grammar can't be compiled. */
  public ApiException fault(GrammarException e) {
    return ApiException.badRequest(field, "%s: %s".formatted(field, e.getMessage()));
  }
}
