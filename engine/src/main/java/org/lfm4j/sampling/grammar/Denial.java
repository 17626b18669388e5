package org.lfm4j.sampling.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.lfm4j.sampling.grammar.Branches.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;

/** The ways to violate a schema: one of its keywords has to be violated. */
final class Denial {
  /** Keywords whose violation needs one bad member among others, which is not followed up. */
  private static final Set<String> BEYOND =
      Set.of(
          "items",
          "prefixItems",
          "additionalProperties",
          "patternProperties",
          "propertyNames",
          "oneOf",
          "if");

  private final Branches branches;
  private final SchemaDocument document;
  private final List<Option> options = new ArrayList<>();

  Denial(Branches branches, SchemaDocument document) {
    this.branches = branches;
    this.document = document;
  }

  /**
   * Returns the ways to violate a schema; none if everything satisfies it.
   *
   * @throws GrammarException if it has a keyword whose violation can't be expressed
   */
  List<Option> of(Schema schema) {
    Schema plain = schema.not();
    for (String keyword : plain.node().propertyNames()) {
      if (BEYOND.contains(keyword) && !isTrue(plain, keyword)) {
        throw plain.error(
            "keyword \"%s\" is supported neither below \"not\" and \"if\" nor in a \"oneOf\" whose alternatives may hold together: let a const of a required property tell them apart, or use anyOf"
                .formatted(keyword));
      }
    }
    references(plain);
    types(plain);
    values(plain);
    numbers(plain);
    strings(plain);
    counts(plain);
    properties(plain);
    return options;
  }

  private static boolean isTrue(Schema schema, String keyword) {
    JsonNode value = schema.find(keyword).orElseThrow();
    return (value.isBoolean() && value.booleanValue()) || (value.isObject() && value.isEmpty());
  }

  private void references(Schema schema) {
    schema
        .string("$ref")
        .ifPresent(ref -> options.add(Option.of(document.resolve(schema, ref).not())));
    schema.children("allOf").forEach(all -> options.add(Option.of(all.not())));
    if (schema.has("anyOf")) {
      options.add(
          Option.of(schema.children("anyOf").stream().map(Schema::not).toArray(Schema[]::new)));
    }
    schema.child("not").ifPresent(not -> options.add(Option.of(not)));
  }

  private void types(Schema schema) {
    if (!schema.has("type")) {
      return;
    }
    Branch allowed = new Branch();
    Branches.types(schema, allowed);
    Set<JsonType> others = EnumSet.complementOf(EnumSet.copyOf(allowed.types));
    options.add(Option.of(branch -> branch.keepTypes(others)));
    if (allowed.types.contains(JsonType.NUMBER) && allowed.numeric.integer()) {
      number(numeric -> numeric.notMultipleOf(BigDecimal.ONE));
    }
  }

  private interface NumericChange {
    Numeric apply(Numeric numeric);
  }

  private void number(NumericChange change) {
    options.add(
        Option.of(branch -> {
          branch.keepType(JsonType.NUMBER);
          branch.numeric = change.apply(branch.numeric);
        }));
  }

  private interface TextChange {
    Text apply(Text text);
  }

  private void string(TextChange change) {
    options.add(
        Option.of(branch -> {
          branch.keepType(JsonType.STRING);
          branch.text = change.apply(branch.text);
        }));
  }

  private void values(Schema schema) {
    schema.find("const").ifPresent(value -> otherThan(schema, List.of(value)));
    schema
        .find("enum")
        .ifPresent(list -> {
          List<JsonNode> members = new ArrayList<>();
          list.forEach(members::add);
          otherThan(schema, members);
        });
  }

  private void otherThan(Schema schema, List<JsonNode> values) {
    Limits.members("the values of enum", values.size());
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    values.forEach(value -> types.add(JsonType.of(value)));
    if (types.contains(JsonType.ARRAY) || types.contains(JsonType.OBJECT)) {
      throw schema.error("a list or an object in const or enum can't be excluded");
    }
    Set<JsonType> others = EnumSet.complementOf(EnumSet.copyOf(types));
    options.add(Option.of(branch -> branch.keepTypes(others)));
    if (types.contains(JsonType.STRING)) {
      CharDfa named =
          CharDfa.literals(
              values.stream().filter(JsonNode::isString).map(JsonNode::stringValue).toList());
      string(text -> text.matching(named.not()));
    }
    List<JsonNode> truths = values.stream().filter(JsonNode::isBoolean).toList();
    if (truths.stream().distinct().count() == 1) {
      boolean other = !truths.getFirst().booleanValue();
      options.add(
          Option.of(branch -> {
            branch.keepType(JsonType.BOOLEAN);
            Branches.narrow(branch, List.of(BooleanNode.valueOf(other)));
          }));
    }
    if (types.contains(JsonType.NUMBER)) {
      between(
          values.stream()
              .filter(JsonNode::isNumber)
              .map(JsonNode::decimalValue)
              .sorted(Comparator.naturalOrder())
              .toList());
    }
  }

  private void between(List<BigDecimal> numbers) {
    for (int i = 0; i <= numbers.size(); i++) {
      Optional<Numeric.Bound> lower =
          i == 0 ? Optional.empty() : Optional.of(new Numeric.Bound(numbers.get(i - 1), true));
      Optional<Numeric.Bound> upper =
          i == numbers.size()
              ? Optional.empty()
              : Optional.of(new Numeric.Bound(numbers.get(i), true));
      number(numeric -> {
        Numeric above = lower.map(numeric::from).orElse(numeric);
        return upper.map(above::to).orElse(above);
      });
    }
  }

  private void numbers(Schema schema) {
    schema.number("minimum").ifPresent(m -> number(n -> n.to(new Numeric.Bound(m, true))));
    schema
        .number("exclusiveMinimum")
        .ifPresent(m -> number(n -> n.to(new Numeric.Bound(m, false))));
    schema.number("maximum").ifPresent(m -> number(n -> n.from(new Numeric.Bound(m, true))));
    schema
        .number("exclusiveMaximum")
        .ifPresent(m -> number(n -> n.from(new Numeric.Bound(m, false))));
    schema.number("multipleOf").ifPresent(m -> number(n -> n.notMultipleOf(m)));
  }

  private void strings(Schema schema) {
    schema
        .count("minLength")
        .ifPresent(min -> {
          if (min > 0) {
            string(text -> text.atMost(min - 1));
          }
        });
    schema.count("maxLength").ifPresent(max -> string(text -> text.atLeast(max + 1)));
    branches.patterns(schema).forEach(pattern -> string(text -> text.matching(pattern.not())));
  }

  private void counts(Schema schema) {
    schema
        .count("minItems")
        .ifPresent(min -> {
          if (min > 0) {
            counted(JsonType.ARRAY, b -> b.maxItems = Branches.least(b.maxItems, min - 1));
          }
        });
    schema
        .count("maxItems")
        .ifPresent(max -> counted(JsonType.ARRAY, b -> b.minItems = Math.max(b.minItems, max + 1)));
    schema
        .count("minProperties")
        .ifPresent(min -> {
          if (min > 0) {
            counted(
                JsonType.OBJECT, b -> b.maxProperties = Branches.least(b.maxProperties, min - 1));
          }
        });
    schema
        .count("maxProperties")
        .ifPresent(max ->
            counted(JsonType.OBJECT, b -> b.minProperties = Math.max(b.minProperties, max + 1)));
  }

  private void counted(JsonType type, Consumer<Branch> change) {
    options.add(
        Option.of(branch -> {
          branch.keepType(type);
          change.accept(branch);
        }));
  }

  private void properties(Schema schema) {
    for (String name : schema.strings("required")) {
      counted(JsonType.OBJECT, branch -> branch.require(name, Schema.NEVER));
    }
    for (String name : schema.names("properties")) {
      Schema violated = schema.named("properties", name).orElseThrow().not();
      counted(
          JsonType.OBJECT,
          branch -> {
            branch.required.add(name);
            branch.require(name, violated);
          });
    }
  }
}
