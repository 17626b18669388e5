package org.lfm4j.sampling.grammar;

import java.util.List;

/** What the whole output of a generation must look like. */
public sealed interface GrammarSpec {

  /** Any JSON object. */
  record JsonObject() implements GrammarSpec {}

  /**
   * A JSON value that a schema describes (draft 2020-12, the keywords that docs/structured.md
   * lists).
   *
   * @param schema the schema as JSON
   * @param everyValid whether every valid value is allowed; otherwise objects that list properties
   *     have no others unless {@code additionalProperties} says so, and a schema without {@code
   *     type} means that of its keywords: what users mean, and what small models can follow
   */
  record JsonSchema(String schema, boolean everyValid) implements GrammarSpec {
    /** Allows what is meant. */
    public JsonSchema(String schema) {
      this(schema, false);
    }
  }

  /**
   * A text that a regular expression matches from its beginning to its end.
   *
   * @param pattern in the syntax of ECMA-262
   */
  record Regex(String pattern) implements GrammarSpec {}

  /**
   * One of some texts.
   *
   * @param options at least one
   */
  record Choice(List<String> options) implements GrammarSpec {
    /** Copies the options. */
    public Choice {
      options = List.copyOf(options);
    }
  }

  /**
   * A text that a grammar derives.
   *
   * @param grammar in the EBNF of xgrammar and llama.cpp; its rule {@code root} is the output
   */
  record Ebnf(String grammar) implements GrammarSpec {}

  /**
   * LFM2's pythonic tool calls: {@code <|tool_call_start|>[name(arg="text", n=1), other()]
   * <|tool_call_end|>}.
   *
   * @param tools that may be called, at least one
   * @param parallel whether there may be several calls
   */
  record ToolCalls(List<Tool> tools, boolean parallel) implements GrammarSpec {
    /** Copies the tools. */
    public ToolCalls {
      tools = List.copyOf(tools);
    }
  }

  /**
   * A function that may be called.
   *
   * @param name a Python name, dots allowed
   * @param parameters JSON schema of its arguments, an object, as JSON
   */
  record Tool(String name, String parameters) {}
}
