package org.lfm4j.sampling.grammar;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Takes schemas that must hold together apart: {@code $ref} and {@code allOf} are followed, {@code
 * anyOf} and {@code oneOf} become branches.
 */
final class Branches {
  /** A schema and the one that referred to it. */
  private record Pending(Schema schema, @Nullable Pending from, int depth) {}

  /** One branch on its way, and what still applies to it. */
  private static final class Partial {
    final Branch branch;
    final Deque<Pending> pending;
    final Deque<Alternatives> alternatives;
    final Set<String> applied;

    Partial(
        Branch branch,
        Deque<Pending> pending,
        Deque<Alternatives> alternatives,
        Set<String> applied) {
      this.branch = branch;
      this.pending = pending;
      this.alternatives = alternatives;
      this.applied = applied;
    }

    Partial copy() {
      return new Partial(
          branch.copy(),
          new ArrayDeque<>(pending),
          new ArrayDeque<>(alternatives),
          new HashSet<>(applied));
    }
  }

  /** One of some alternatives: a change of the branch, and schemas that hold then. */
  record Option(Consumer<Branch> change, List<Schema> schemas) {
    static Option of(Schema... schemas) {
      return new Option(branch -> {}, List.of(schemas));
    }

    static Option of(Consumer<Branch> change) {
      return new Option(change, List.of());
    }
  }

  private record Alternatives(List<Option> options, Pending from) {}

  /** What a branch costs, compared with an edge of an automaton. */
  private static final int STEPS_OF_A_BRANCH = 50;

  private final SchemaDocument document;
  private final boolean implyTypes;
  private final Map<String, CharDfa> patterns;

  /** Whether alternatives of oneOf were found to exclude each other, by place. */
  private final Map<String, Boolean> disjoint;

  /**
   * Prepares to expand.
   *
   * @param implyTypes whether a schema without {@code type} means that of its keywords
   */
  Branches(SchemaDocument document, boolean implyTypes) {
    this(document, implyTypes, new HashMap<>(), new HashMap<>());
  }

  private Branches(
      SchemaDocument document,
      boolean implyTypes,
      Map<String, CharDfa> patterns,
      Map<String, Boolean> disjoint) {
    this.document = document;
    this.implyTypes = implyTypes;
    this.patterns = patterns;
    this.disjoint = disjoint;
  }

  /** Returns an expansion that takes every schema at its word. */
  Branches literal() {
    return implyTypes ? new Branches(document, false, patterns, disjoint) : this;
  }

  /** Returns the automaton of texts in which a pattern is found. */
  CharDfa pattern(Schema schema, String pattern) {
    return patterns.computeIfAbsent(
        pattern,
        p -> CharNfa.search(RegexParser.parse("%s: pattern".formatted(schema.pointer()), p)));
  }

  /** Returns the ways to satisfy some schemas at once; none if they contradict each other. */
  List<Branch> expand(List<Schema> schemas) {
    Deque<Pending> pending = new ArrayDeque<>();
    schemas.forEach(schema -> pending.add(new Pending(schema, null, 0)));
    Deque<Partial> work =
        new ArrayDeque<>(
            List.of(new Partial(new Branch(), pending, new ArrayDeque<>(), new HashSet<>())));
    List<Branch> done = new ArrayList<>();
    int tried = 0;
    while (!work.isEmpty()) {
      Partial partial = work.pop();
      Budget.spend(STEPS_OF_A_BRANCH);
      if (++tried > Limits.BRANCHES) {
        throw new GrammarException(
            "%s: its alternatives combine in more than %d ways: nest fewer anyOf and oneOf"
                .formatted(place(schemas), Limits.BRANCHES));
      }
      if (!applyAll(partial)) {
        continue;
      }
      Alternatives next = partial.alternatives.poll();
      if (next == null) {
        done.add(partial.branch);
        continue;
      }
      for (Option option : next.options().reversed()) {
        Partial copy = partial.copy();
        option.change().accept(copy.branch);
        option.schemas().forEach(s -> copy.pending.add(following(s, next.from())));
        work.push(copy);
      }
    }
    return done;
  }

  private static String place(List<Schema> schemas) {
    return schemas.isEmpty() ? "#" : schemas.getFirst().pointer();
  }

  private static Pending following(Schema schema, Pending from) {
    for (Pending p = from; p != null; p = p.from()) {
      if (p.schema().key().equals(schema.key())) {
        throw schema.error("leads back to itself with nothing in between");
      }
    }
    if (from.depth() > Limits.DEPTH) {
      throw schema.error("is nested deeper than %d levels".formatted(Limits.DEPTH));
    }
    return new Pending(schema, from, from.depth() + 1);
  }

  /** Applies everything but alternatives; false if nothing can satisfy it. */
  private boolean applyAll(Partial partial) {
    for (Pending p = partial.pending.poll(); p != null; p = partial.pending.poll()) {
      Schema schema = p.schema();
      if (schema.node().isBoolean()) {
        if (schema.node().booleanValue() == schema.negated()) {
          return false;
        }
      } else if (partial.applied.add(schema.key())) {
        document.check(schema);
        if (schema.negated()) {
          partial.alternatives.add(new Alternatives(new Denial(this, document).of(schema), p));
        } else {
          apply(schema, partial.branch);
          refer(p, partial);
        }
        if (partial.branch.types.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  private void refer(Pending from, Partial partial) {
    Schema schema = from.schema();
    schema
        .string("$ref")
        .ifPresent(ref -> partial.pending.add(following(document.resolve(schema, ref), from)));
    schema.children("allOf").forEach(all -> partial.pending.add(following(all, from)));
    schema.child("not").ifPresent(not -> partial.pending.add(following(not.not(), from)));
    if (schema.has("anyOf")) {
      alternatives(partial, schema.children("anyOf").stream().map(Option::of).toList(), from);
    }
    if (schema.has("oneOf")) {
      alternatives(partial, oneOf(schema), from);
    }
    schema
        .child("if")
        .ifPresent(condition -> {
          List<Schema> then = new ArrayList<>(List.of(condition));
          List<Schema> otherwise = new ArrayList<>(List.of(condition.not()));
          schema.child("then").ifPresent(then::add);
          schema.child("else").ifPresent(otherwise::add);
          if (then.size() + otherwise.size() > 2) {
            alternatives(
                partial, List.of(new Option(b -> {}, then), new Option(b -> {}, otherwise)), from);
          }
        });
  }

  private static void alternatives(Partial partial, List<Option> options, Pending from) {
    partial.alternatives.add(new Alternatives(options, from));
  }

  /** Where alternatives may hold together, each is taken without the others. */
  private List<Option> oneOf(Schema schema) {
    List<Schema> schemas = schema.children("oneOf");
    Boolean apart = disjoint.get(schema.pointer());
    if (apart == null) {
      // Until it is known; it may be asked for again on the way.
      disjoint.put(schema.pointer(), true);
      apart = new Instances(literal()).disjoint(schemas);
      disjoint.put(schema.pointer(), apart);
    }
    List<Option> options = new ArrayList<>();
    for (int i = 0; i < schemas.size(); i++) {
      List<Schema> all = new ArrayList<>(List.of(schemas.get(i)));
      for (int j = 0; j < schemas.size() && !apart; j++) {
        if (j != i) {
          all.add(schemas.get(j).not());
        }
      }
      options.add(new Option(branch -> {}, all));
    }
    return options;
  }

  private void apply(Schema schema, Branch branch) {
    branch.schemas.add(schema);
    types(schema, branch);
    if (implyTypes && !schema.has("type")) {
      impliedType(schema).ifPresent(branch::keepType);
    }
    values(schema, branch);
    numbers(schema, branch);
    strings(schema, branch);
    branch.minItems = Math.max(branch.minItems, schema.count("minItems").orElse(0));
    branch.maxItems = least(branch.maxItems, schema.count("maxItems").orElse(-1));
    branch.minProperties = Math.max(branch.minProperties, schema.count("minProperties").orElse(0));
    branch.maxProperties = least(branch.maxProperties, schema.count("maxProperties").orElse(-1));
    branch.required.addAll(schema.strings("required"));
  }

  static int least(int a, int b) {
    return a == Expression.UNBOUNDED || b == Expression.UNBOUNDED ? Math.max(a, b) : Math.min(a, b);
  }

  /** Applies {@code type}, if there is one. */
  static void types(Schema schema, Branch branch) {
    Optional<JsonNode> type = schema.find("type");
    if (type.isEmpty()) {
      return;
    }
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    boolean numbers = false;
    Iterable<JsonNode> names = type.get().isArray() ? type.get() : List.of(type.get());
    for (JsonNode name : names) {
      types.add(
          JsonType.named(name.asString())
              .orElseThrow(() -> schema.error("type %s is unknown".formatted(name))));
      numbers |= name.asString().equals("number");
    }
    if (schema.find("nullable").filter(JsonNode::asBoolean).isPresent()) {
      types.add(JsonType.NULL);
    }
    if (!numbers) {
      branch.numeric = branch.numeric.asInteger();
    }
    branch.keepTypes(types);
  }

  private static Optional<JsonType> impliedType(Schema schema) {
    if (schema.has("properties") || schema.has("required") || schema.has("additionalProperties")) {
      return Optional.of(JsonType.OBJECT);
    }
    if (schema.has("items") || schema.has("prefixItems")) {
      return Optional.of(JsonType.ARRAY);
    }
    return schema.has("pattern") ? Optional.of(JsonType.STRING) : Optional.empty();
  }

  private static void values(Schema schema, Branch branch) {
    List<JsonNode> listed = new ArrayList<>();
    if (schema.has("const")) {
      schema.find("const").ifPresent(listed::add);
      narrow(branch, listed);
    }
    if (schema.has("enum")) {
      List<JsonNode> members = new ArrayList<>();
      schema.find("enum").ifPresent(list -> list.forEach(members::add));
      Limits.members("%s: the values of enum".formatted(schema.pointer()), members.size());
      narrow(branch, members);
    }
  }

  static void narrow(Branch branch, List<JsonNode> values) {
    branch.values =
        branch.values().isEmpty()
            ? values
            : branch.values().get().stream()
                .filter(v -> values.stream().anyMatch(w -> JsonValues.equal(v, w)))
                .toList();
    if (branch.values.isEmpty()) {
      branch.types = Set.of();
    }
  }

  private static void numbers(Schema schema, Branch branch) {
    branch.numeric = bounded(schema, branch.numeric);
    Optional<BigDecimal> multiple = schema.number("multipleOf");
    if (multiple.isPresent()) {
      if (multiple.get().signum() <= 0) {
        throw schema.error("multipleOf must be greater than 0");
      }
      branch.numeric = branch.numeric.multipleOf(multiple.get());
    }
  }

  private static Numeric bounded(Schema schema, Numeric numeric) {
    Numeric result = numeric;
    for (boolean exclusive : new boolean[] {false, true}) {
      Optional<BigDecimal> lower = schema.number(exclusive ? "exclusiveMinimum" : "minimum");
      if (lower.isPresent()) {
        result = result.from(new Numeric.Bound(lower.get(), exclusive));
      }
      Optional<BigDecimal> upper = schema.number(exclusive ? "exclusiveMaximum" : "maximum");
      if (upper.isPresent()) {
        result = result.to(new Numeric.Bound(upper.get(), exclusive));
      }
    }
    return result;
  }

  private void strings(Schema schema, Branch branch) {
    Text text = branch.text.atLeast(schema.count("minLength").orElse(0));
    if (schema.has("maxLength")) {
      text = text.atMost(schema.count("maxLength").orElse(0));
    }
    for (CharDfa pattern : patterns(schema)) {
      text = text.matching(pattern);
    }
    branch.text = text;
  }

  /** Returns what strings must match: {@code pattern} and {@code format}. */
  List<CharDfa> patterns(Schema schema) {
    List<CharDfa> all = new ArrayList<>();
    schema.string("pattern").ifPresent(pattern -> all.add(pattern(schema, pattern)));
    schema
        .string("format")
        .flatMap(name -> StringFormats.pattern(schema, name))
        .ifPresent(format -> all.add(pattern(schema, "^(?:" + format + ")$")));
    return all;
  }
}
