package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.List;

/** Rules for LFM2's tool calls, whose markers are control tokens. */
final class ToolCallRules {
  private static final int MOST_CALLS = 32;
  private static final String NAME = "[A-Za-z_][A-Za-z0-9_.-]*";
  private static final String EXTRA_NAME = "[A-Za-z_][A-Za-z0-9_]{0,63}";

  private ToolCallRules() {}

  static Rule root(GrammarSpec.ToolCalls spec, TokenTrie vocabulary) {
    if (spec.tools().isEmpty()) {
      throw new GrammarException("no tool is left that could be called: name at least one");
    }
    List<Expression> calls = new ArrayList<>();
    for (GrammarSpec.Tool tool : spec.tools()) {
      calls.add(call(tool));
    }
    Expression call = new Expression.Call(new Rule("tool call", new Expression.Choice(calls)));
    Expression further = Expression.sequence(Expression.text(","), Notation.PYTHON.blanks(), call);
    return new Rule(
        "tool calls",
        Expression.sequence(
            marker("<|tool_call_start|>", vocabulary),
            Expression.text("["),
            call,
            spec.parallel() ? Expression.upTo(further, MOST_CALLS - 1) : Expression.EMPTY,
            Expression.text("]"),
            marker("<|tool_call_end|>", vocabulary)));
  }

  private static Expression marker(String name, TokenTrie vocabulary) {
    return new Expression.Token(
        vocabulary
            .controlToken(name)
            .orElseThrow(() ->
                new GrammarException(
                    "the model's tokenizer has no %s: it can't be made to call tools"
                        .formatted(name))));
  }

  private static Expression call(GrammarSpec.Tool tool) {
    requireName("the tool", tool.name());
    SchemaDocument document;
    try {
      document = SchemaDocument.parse(tool.parameters());
      return call(tool, document);
    } catch (GrammarException e) {
      throw new GrammarException(
          "parameters of tool %s: %s".formatted(tool.name(), e.getMessage()));
    }
  }

  private static Expression call(GrammarSpec.Tool tool, SchemaDocument document) {
    SchemaCompiler compiler = new SchemaCompiler(document, Notation.PYTHON, false);
    CharDfa extraNames = CharNfa.determinize(RegexParser.parse("a name", EXTRA_NAME));
    List<Expression> arguments = new ArrayList<>();
    for (Branch branch : compiler.branches().expand(List.of(document.root()))) {
      if (branch.types.contains(JsonType.OBJECT)) {
        boolean closed = !branch.has("additionalProperties");
        arguments.add(
            new ObjectMembers(
                    compiler,
                    branch,
                    closed,
                    ToolCallRules::argument,
                    names ->
                        Expression.sequence(
                            new Expression.Language(names.and(extraNames), CharEncoding.RAW),
                            Expression.text("=")))
                .expression());
      }
    }
    if (arguments.isEmpty()) {
      throw new GrammarException("no object satisfies them, and arguments are one");
    }
    compiler.defineAll();
    return Expression.sequence(
        Expression.text(tool.name() + "("), new Expression.Choice(arguments), Expression.text(")"));
  }

  private static Expression argument(String name) {
    requireName("the argument", name);
    return Expression.text(name + "=");
  }

  private static void requireName(String what, String name) {
    if (!name.matches(NAME)) {
      throw new GrammarException(
          "%s \"%s\" can't be written in a call: use letters, digits and _".formatted(what, name));
    }
  }
}
