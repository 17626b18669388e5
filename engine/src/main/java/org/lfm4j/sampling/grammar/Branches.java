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

  private record Alternatives(List<Schema> schemas, Pending from) {}

  private final SchemaDocument document;
  private final boolean implyTypes;
  private final Map<String, CharDfa> patterns;

  /** Places of oneOf that were looked at. */
  private final Set<String> disjoint;

  /**
   * Prepares to expand.
   *
   * @param implyTypes whether a schema without {@code type} means that of its keywords
   */
  Branches(SchemaDocument document, boolean implyTypes) {
    this(document, implyTypes, new HashMap<>(), new HashSet<>());
  }

  private Branches(
      SchemaDocument document,
      boolean implyTypes,
      Map<String, CharDfa> patterns,
      Set<String> disjoint) {
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
      for (Schema option : next.schemas().reversed()) {
        Partial copy = partial.copy();
        copy.pending.add(following(option, next.from()));
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
      if (p.schema().pointer().equals(schema.pointer())) {
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
        if (!schema.node().booleanValue()) {
          return false;
        }
      } else if (partial.applied.add(schema.pointer())) {
        document.check(schema);
        apply(schema, partial.branch);
        refer(p, partial);
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
    if (schema.has("anyOf")) {
      partial.alternatives.add(new Alternatives(schema.children("anyOf"), from));
    }
    if (schema.has("oneOf")) {
      List<Schema> options = schema.children("oneOf");
      if (disjoint.add(schema.pointer())) {
        new Disjointness(literal()).require(schema, options);
      }
      partial.alternatives.add(new Alternatives(options, from));
    }
  }

  private void apply(Schema schema, Branch branch) {
    branch.schemas.add(schema);
    types(schema, branch);
    values(schema, branch);
    numbers(schema, branch);
    strings(schema, branch);
    branch.minItems = Math.max(branch.minItems, schema.count("minItems").orElse(0));
    branch.maxItems = least(branch.maxItems, schema.count("maxItems").orElse(-1));
    branch.minProperties = Math.max(branch.minProperties, schema.count("minProperties").orElse(0));
    branch.maxProperties = least(branch.maxProperties, schema.count("maxProperties").orElse(-1));
    branch.required.addAll(schema.strings("required"));
  }

  private static int least(int a, int b) {
    return a == Expression.UNBOUNDED || b == Expression.UNBOUNDED ? Math.max(a, b) : Math.min(a, b);
  }

  private void types(Schema schema, Branch branch) {
    Optional<JsonNode> type = schema.find("type");
    if (type.isEmpty()) {
      if (implyTypes) {
        impliedType(schema)
            .ifPresent(implied -> branch.types = both(branch.types, EnumSet.of(implied)));
      }
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
    branch.types = both(branch.types, types);
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

  private static Set<JsonType> both(Set<JsonType> a, Set<JsonType> b) {
    Set<JsonType> both = EnumSet.noneOf(JsonType.class);
    both.addAll(a);
    both.retainAll(b);
    return both;
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

  private static void narrow(Branch branch, List<JsonNode> values) {
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
    Optional<String> pattern = schema.string("pattern");
    if (pattern.isPresent()) {
      text = text.matching(pattern(schema, pattern.get()));
    }
    Optional<String> format =
        schema.string("format").flatMap(name -> StringFormats.pattern(schema, name));
    if (format.isPresent()) {
      text = text.matching(pattern(schema, "^(?:" + format.get() + ")$"));
    }
    branch.text = text;
  }
}
