package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What stands between the braces of an object, or between the parentheses of a tool call: named
 * members in their order, then others. Members are counted where the schema limits their number.
 */
final class ObjectMembers {
  /** How many patternProperties may overlap; every combination of them is a case of its own. */
  private static final int MOST_PATTERNS = 5;

  private record Position(int member, int count) {}

  private final SchemaCompiler compiler;
  private final Branch branch;
  private final boolean closed;
  private final Function<String, Expression> key;
  private final Function<CharDfa, Expression> extraKey;
  private final List<String> names;
  private final Map<Position, Expression> from = new HashMap<>();
  private final Map<String, Expression> members = new HashMap<>();

  /** From this count on it makes no difference how many there are. */
  private final int countedTo;

  private final Optional<Expression> extra;

  /**
   * Prepares the members.
   *
   * @param closed whether only named members and those that match a pattern are wanted
   * @param key how a name and what follows it are written
   * @param extraKey the same for any of the names that an automaton accepts
   */
  ObjectMembers(
      SchemaCompiler compiler,
      Branch branch,
      boolean closed,
      Function<String, Expression> key,
      Function<CharDfa, Expression> extraKey) {
    this.compiler = compiler;
    this.branch = branch;
    this.closed = closed;
    this.key = key;
    this.extraKey = extraKey;
    this.names = List.copyOf(branch.names());
    this.countedTo = Math.max(1, Math.max(branch.minProperties, branch.maxProperties));
    Limits.members("the properties of an object", names.size());
    Limits.members("minProperties and maxProperties", countedTo);
    this.extra = extras();
  }

  Expression expression() {
    return from(0, 0);
  }

  private Expression from(int member, int count) {
    Position position = new Position(member, count);
    Expression known = from.get(position);
    if (known == null) {
      known = member == names.size() ? extrasFrom(count) : namedFrom(member, count);
      from.put(position, known);
    }
    return known;
  }

  private Expression namedFrom(int member, int count) {
    String name = names.get(member);
    List<Expression> options = new ArrayList<>();
    if (mayAddTo(count)) {
      options.add(
          Expression.sequence(
              separator(count),
              members.computeIfAbsent(name, this::named),
              from(member + 1, next(count))));
    }
    if (!branch.required.contains(name)) {
      options.add(from(member + 1, count));
    }
    return new Expression.Choice(options);
  }

  private Expression named(String name) {
    if (!compiler.instances().acceptsName(branch, name)) {
      return Expression.NOTHING;
    }
    List<Schema> schemas = compiler.instances().property(branch, name);
    return Expression.sequence(key.apply(name), new Expression.Call(compiler.rule(schemas)));
  }

  private Expression extrasFrom(int count) {
    List<Expression> options = new ArrayList<>();
    if (count >= branch.minProperties) {
      options.add(Expression.EMPTY);
    }
    if (extra.isPresent() && mayAddTo(count)) {
      Expression one = Expression.sequence(separator(count), extra.get());
      options.add(
          next(count) == count
              ? Expression.any(one)
              : Expression.sequence(one, from(names.size(), next(count))));
    }
    return new Expression.Choice(options);
  }

  private boolean mayAddTo(int count) {
    return branch.maxProperties == Expression.UNBOUNDED || count < branch.maxProperties;
  }

  private int next(int count) {
    return Math.min(count + 1, countedTo);
  }

  private Expression separator(int count) {
    return count == 0 ? Expression.EMPTY : compiler.comma();
  }

  /** A member that is not named: by each combination of the patterns that its name may match. */
  private Optional<Expression> extras() {
    List<String> patterns = List.copyOf(branch.patterns());
    if (patterns.size() > MOST_PATTERNS) {
      throw new GrammarException(
          "%s: patternProperties with more than %d patterns are not supported"
              .formatted(branch.schemas.getFirst().pointer(), MOST_PATTERNS));
    }
    CharDfa others = names.isEmpty() ? CharDfa.ALL : CharDfa.literals(names).not();
    for (Schema schema : branch.schemas) {
      if (schema.child("propertyNames").isPresent()) {
        others = both(others, namesOf(schema.child("propertyNames").get()));
      }
    }
    List<Expression> options = new ArrayList<>();
    for (int matched = 0; matched < 1 << patterns.size(); matched++) {
      if (matched > 0 || !closed) {
        extra(others, patterns, matched).ifPresent(options::add);
      }
    }
    return options.isEmpty() ? Optional.empty() : Optional.of(new Expression.Choice(options));
  }

  private Optional<Expression> extra(CharDfa others, List<String> patterns, int matched) {
    CharDfa language = others;
    List<String> matching = new ArrayList<>();
    for (int i = 0; i < patterns.size(); i++) {
      CharDfa pattern = compiler.branches().pattern(branch.schemas.getFirst(), patterns.get(i));
      boolean matches = (matched & 1 << i) != 0;
      language = both(language, matches ? pattern : pattern.not());
      if (matches) {
        matching.add(patterns.get(i));
      }
    }
    if (language.isEmpty()) {
      return Optional.empty();
    }
    List<Schema> schemas = new ArrayList<>();
    for (Schema schema : branch.schemas) {
      boolean known = false;
      for (String pattern : matching) {
        if (schema.named("patternProperties", pattern).isPresent()) {
          schema.named("patternProperties", pattern).ifPresent(schemas::add);
          known = true;
        }
      }
      if (!known) {
        schema.child("additionalProperties").ifPresent(schemas::add);
      }
    }
    return Optional.of(
        Expression.sequence(extraKey.apply(language), new Expression.Call(compiler.rule(schemas))));
  }

  private CharDfa namesOf(Schema schema) {
    CharDfa none = CharDfa.ALL.not();
    CharDfa all = none;
    for (Branch names : compiler.branches().literal().expand(List.of(schema))) {
      if (names.types.contains(JsonType.STRING)) {
        CharDfa some = names.text.dfa();
        if (names.values().isPresent()) {
          some =
              both(
                  some,
                  CharDfa.literals(
                      names.values().get().stream()
                          .filter(value -> value.isString())
                          .map(value -> value.stringValue())
                          .toList()));
        }
        all = all == none ? some : all.not().and(some.not()).not();
      }
    }
    return all;
  }

  private static CharDfa both(CharDfa a, CharDfa b) {
    if (a == CharDfa.ALL) {
      return b;
    }
    return b == CharDfa.ALL ? a : a.and(b);
  }
}
