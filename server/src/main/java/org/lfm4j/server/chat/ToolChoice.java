package org.lfm4j.server.chat;

import java.util.List;
import java.util.Optional;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;

/**
 * Whether the model may or must call a tool.
 *
 * @param kind what it may do
 * @param function the only function it may call, for {@link Kind#NAMED}
 */
public record ToolChoice(Kind kind, Optional<String> function) {

  /** What the model may do. */
  public enum Kind {
    /** Calls nothing; it is not shown any tools. */
    NONE,
    /** Calls what it likes. */
    AUTO,
    /** Calls at least one tool. */
    REQUIRED,
    /** Calls one tool, the one that is named. */
    NAMED
  }

  /**
   * Reads {@code tool_choice}.
   *
   * @param names the names of the tools, none if there are no tools
   * @throws ApiException if it is unknown, or there is nothing to choose from
   */
  public static ToolChoice read(Fields body, List<String> names) {
    if (!body.has("tool_choice")) {
      return of(names.isEmpty() ? Kind.NONE : Kind.AUTO);
    }
    ToolChoice choice = body.get("tool_choice").isObject() ? named(body) : word(body);
    if (choice.kind != Kind.NONE && names.isEmpty()) {
      throw ApiException.badRequest("tool_choice", "tool_choice needs tools to choose from");
    }
    if (choice.function.isPresent() && !names.contains(choice.function.get())) {
      throw ApiException.badRequest(
          "tool_choice",
          "tool_choice.function.name must be the name of one of the tools, got \"%s\""
              .formatted(choice.function.get()));
    }
    return choice;
  }

  private static ToolChoice word(Fields body) {
    return switch (body.get("tool_choice").asString("")) {
      case "none" -> of(Kind.NONE);
      case "auto" -> of(Kind.AUTO);
      case "required" -> of(Kind.REQUIRED);
      default -> throw unknown(body);
    };
  }

  private static ToolChoice named(Fields body) {
    Fields choice = body.object("tool_choice").orElseThrow(() -> unknown(body));
    if (!choice.string("type").orElse("function").equals("function")) {
      throw unknown(body);
    }
    Fields function = choice.object("function").orElseThrow(() -> unknown(body));
    String name = function.string("name").orElseThrow(() -> function.mustBe("name", "a string"));
    return new ToolChoice(Kind.NAMED, Optional.of(name));
  }

  private static ToolChoice of(Kind kind) {
    return new ToolChoice(kind, Optional.empty());
  }

  private static ApiException unknown(Fields body) {
    return body.mustBe(
        "tool_choice",
        "\"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}");
  }

  /** Returns whether the model must call. */
  public boolean isForced() {
    return kind == Kind.REQUIRED || kind == Kind.NAMED;
  }
}
