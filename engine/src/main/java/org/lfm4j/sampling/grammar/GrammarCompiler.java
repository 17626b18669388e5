package org.lfm4j.sampling.grammar;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compiles grammars for one vocabulary and keeps the last ones, since most clients send the same
 * few over and over. Thread-safe.
 */
public final class GrammarCompiler {
  private static final int KEPT = 32;
  private static final String ANY_OBJECT = "{\"type\":\"object\"}";

  private final TokenTrie vocabulary;
  private final Map<GrammarSpec, Grammar> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<GrammarSpec, Grammar> eldest) {
          return size() > KEPT;
        }
      };

  /** Compiles for a vocabulary. */
  public GrammarCompiler(TokenTrie vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * Compiles a grammar, or finds it among the last ones.
   *
   * @throws GrammarException if it is wrong, uses what is not supported, or exceeds a limit
   */
  public Grammar compile(GrammarSpec spec) {
    synchronized (kept) {
      Grammar known = kept.get(spec);
      if (known != null) {
        return known;
      }
    }
    Grammar grammar = Budget.within(() -> new Grammar(root(spec), vocabulary));
    synchronized (kept) {
      kept.put(spec, grammar);
    }
    return grammar;
  }

  Rule root(GrammarSpec spec) {
    return switch (spec) {
      case GrammarSpec.JsonObject object ->
          SchemaCompiler.compile(SchemaDocument.parse(ANY_OBJECT), Notation.JSON, true);
      case GrammarSpec.JsonSchema schema ->
          SchemaCompiler.compile(
              SchemaDocument.parse(schema.schema()), Notation.JSON, schema.everyValid());
      case GrammarSpec.Regex regex ->
          new Rule("regex", RegexParser.parseWhole("the regex", regex.pattern()));
      case GrammarSpec.Choice choice -> choice(choice.options());
      case GrammarSpec.Ebnf ebnf -> EbnfParser.parse(ebnf.grammar(), vocabulary);
      case GrammarSpec.ToolCalls calls -> ToolCallRules.root(calls, vocabulary);
    };
  }

  private static Rule choice(List<String> options) {
    if (options.isEmpty()) {
      throw new GrammarException("a choice needs at least one option");
    }
    Limits.text("the choice", String.join("", options));
    return new Rule(
        "choice", new Expression.Choice(options.stream().map(Expression::text).toList()));
  }
}
