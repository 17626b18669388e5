package org.lfm4j.server.generation;

import java.util.List;
import java.util.Optional;
import org.lfm4j.server.http.ApiException;

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

  /** A choice that names no function. */
  public static ToolChoice of(Kind kind) {
    return new ToolChoice(kind, Optional.empty());
  }

  /** One function and no other. */
  public static ToolChoice named(String function) {
    return new ToolChoice(Kind.NAMED, Optional.of(function));
  }

  /** What holds where a request says nothing. */
  public static ToolChoice among(List<String> names) {
    return of(names.isEmpty() ? Kind.NONE : Kind.AUTO);
  }

  /**
   * Returns this choice if the tools allow it.
   *
   * @param names the names of the tools, none if there are no tools
   * @param nameField where the request names the function
   * @throws ApiException if there is nothing to choose from
   */
  public ToolChoice checked(List<String> names, String nameField) {
    if (kind != Kind.NONE && names.isEmpty()) {
      throw ApiException.badRequest("tool_choice", "tool_choice needs tools to choose from");
    }
    if (function.isPresent() && !names.contains(function.get())) {
      throw ApiException.badRequest(
          "tool_choice",
          "%s must be the name of one of the tools, got \"%s\""
              .formatted(nameField, function.get()));
    }
    return this;
  }

  /** Returns whether a function may be called. */
  boolean allows(String name) {
    return function.isEmpty() || function.get().equals(name);
  }

  /** Returns whether the model must call. */
  public boolean isForced() {
    return kind == Kind.REQUIRED || kind == Kind.NAMED;
  }
}
