package org.lfm4j.sampling.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Turns JSON schemas into rules: one for each set of schemas that must hold together, so that
 * recursion ends where the same set comes again. Properties come in the order of the schema, others
 * after them.
 */
final class SchemaCompiler {
  private record Definition(Rule rule, List<Schema> schemas) {}

  private final Branches branches;
  private final Instances instances;
  private final Notation notation;
  private final boolean closed;
  private final Rule blanks;
  private final Rule anyString;
  private final Map<Set<String>, Rule> rules = new HashMap<>();
  private final Deque<Definition> toDefine = new ArrayDeque<>();

  /**
   * Prepares to compile.
   *
   * @param everyValid whether all valid values are wanted; otherwise objects that list properties
   *     have no others, and a schema without {@code type} means that of its keywords
   */
  SchemaCompiler(SchemaDocument document, Notation notation, boolean everyValid) {
    this.branches = new Branches(document, !everyValid);
    this.instances = new Instances(branches);
    this.notation = notation;
    this.closed = !everyValid;
    this.blanks = new Rule("blanks", notation.blanks());
    this.anyString = new Rule("string", notation.anyString(0, Expression.UNBOUNDED));
  }

  static Rule compile(SchemaDocument document, Notation notation, boolean everyValid) {
    SchemaCompiler compiler = new SchemaCompiler(document, notation, everyValid);
    Rule root = compiler.rule(List.of(document.root()));
    compiler.defineAll();
    return root;
  }

  Branches branches() {
    return branches;
  }

  Instances instances() {
    return instances;
  }

  Notation notation() {
    return notation;
  }

  Expression blanks() {
    return new Expression.Call(blanks);
  }

  Expression comma() {
    return Expression.sequence(Expression.text(","), blanks());
  }

  /** Returns whether an object has the listed properties only, for want of another word. */
  boolean closes(Branch branch) {
    return closed && branch.has("properties") && !branch.has("additionalProperties");
  }

  /** Returns the rule of values that satisfy all of some schemas. */
  Rule rule(List<Schema> schemas) {
    Set<String> key = new TreeSet<>();
    List<Schema> needed = new ArrayList<>();
    for (Schema schema : schemas) {
      boolean all = schema.node().isBoolean() && schema.node().booleanValue() != schema.negated();
      if (!all && key.add(schema.key())) {
        needed.add(schema);
      }
    }
    Rule known = rules.get(key);
    if (known != null) {
      return known;
    }
    if (rules.size() > Limits.RULES) {
      throw new GrammarException(
          "the schema needs more than %d rules: make it smaller".formatted(Limits.RULES));
    }
    Rule rule = new Rule(key.isEmpty() ? "any value" : String.join(" and ", key));
    rules.put(key, rule);
    toDefine.add(new Definition(rule, needed));
    return rule;
  }

  /** Defines the rules that were asked for, and those that they ask for. */
  void defineAll() {
    for (Definition next = toDefine.poll(); next != null; next = toDefine.poll()) {
      List<Expression> options = new ArrayList<>();
      for (Branch branch : branches.expand(next.schemas())) {
        options.add(expression(branch));
      }
      next.rule().define(new Expression.Choice(options));
    }
  }

  private Expression expression(Branch branch) {
    List<Expression> options = new ArrayList<>();
    if (branch.values().isPresent()) {
      branch.values().get().stream()
          .filter(value -> instances.accepts(branch, value))
          .forEach(value -> options.add(notation.value(value)));
      return new Expression.Choice(options);
    }
    for (JsonType type : branch.types) {
      options.add(
          switch (type) {
            case NULL -> notation.nothing();
            case BOOLEAN -> notation.truth();
            case NUMBER -> NumberLanguage.expression(branch.numeric);
            case STRING -> string(branch.text);
            case ARRAY -> array(branch);
            case OBJECT -> object(branch);
          });
    }
    return new Expression.Choice(options);
  }

  private Expression string(Text text) {
    if (text.equals(Text.ANY)) {
      return new Expression.Call(anyString);
    }
    if (text.patterns().isEmpty()) {
      return text.isEmpty() ? Expression.NOTHING : notation.anyString(text.min(), text.max());
    }
    return notation.string(text.dfa());
  }

  private Expression object(Branch branch) {
    Expression members =
        new ObjectMembers(this, branch, closes(branch), notation::key, this::extraKey).expression();
    return Expression.sequence(
        Expression.text("{"), blanks(), members, blanks(), Expression.text("}"));
  }

  private Expression extraKey(CharDfa names) {
    Expression name =
        names == CharDfa.ALL ? new Expression.Call(anyString) : notation.string(names);
    return Expression.sequence(name, Expression.text(":"), blanks());
  }

  private Expression array(Branch branch) {
    int prefix = branch.prefixItems();
    Limits.members("the items of a tuple", prefix);
    Expression items = rest(branch, prefix);
    for (int i = prefix - 1; i >= 0; i--) {
      List<Expression> options = new ArrayList<>();
      if (i >= branch.minItems) {
        options.add(Expression.EMPTY);
      }
      if (branch.maxItems == Expression.UNBOUNDED || i < branch.maxItems) {
        Expression item = new Expression.Call(rule(branch.item(i)));
        options.add(Expression.sequence(i > 0 ? comma() : Expression.EMPTY, item, items));
      }
      items = new Expression.Choice(options);
    }
    return Expression.sequence(
        Expression.text("["), blanks(), items, blanks(), Expression.text("]"));
  }

  /** Items after those with a schema of their own. */
  private Expression rest(Branch branch, int prefix) {
    int min = Math.max(0, branch.minItems - prefix);
    int max = branch.maxItems;
    if (max != Expression.UNBOUNDED) {
      max = Math.max(0, max - prefix);
      if (max < min) {
        return Expression.NOTHING;
      }
      if (max == 0) {
        return Expression.EMPTY;
      }
    }
    Expression item = new Expression.Call(rule(branch.item(prefix)));
    Expression further = Expression.sequence(comma(), item);
    if (prefix > 0) {
      return new Expression.Repeat(further, min, max);
    }
    Expression some =
        Expression.sequence(
            item,
            new Expression.Repeat(
                further, Math.max(0, min - 1), max == Expression.UNBOUNDED ? max : max - 1));
    return min == 0 ? Expression.optional(some) : some;
  }
}
