package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** Which values satisfy some schemas: given ones, or any at all. */
final class Instances {
  /** How deep into required members is looked for contradictions. */
  private static final int LOOK_DEPTH = 4;

  private final Branches branches;

  Instances(Branches branches) {
    this.branches = branches;
  }

  /** Returns what must hold for a property of an object. */
  List<Schema> property(Branch branch, String name) {
    List<Schema> all = new ArrayList<>(branch.more.getOrDefault(name, List.of()));
    for (Schema schema : branch.schemas) {
      schema.named("properties", name).ifPresent(all::add);
      boolean known = schema.named("properties", name).isPresent();
      for (String pattern : schema.names("patternProperties")) {
        if (branches.pattern(schema, pattern).accepts(name)) {
          schema.named("patternProperties", pattern).ifPresent(all::add);
          known = true;
        }
      }
      if (!known) {
        schema.child("additionalProperties").ifPresent(all::add);
      }
    }
    return all;
  }

  boolean accepts(List<Schema> schemas, JsonNode value) {
    return branches.expand(schemas).stream().anyMatch(branch -> accepts(branch, value));
  }

  boolean accepts(Branch branch, JsonNode value) {
    JsonType type = JsonType.of(value);
    if (!branch.types.contains(type)
        || branch
            .values()
            .filter(values -> values.stream().noneMatch(v -> JsonValues.equal(v, value)))
            .isPresent()) {
      return false;
    }
    return switch (type) {
      case NULL, BOOLEAN -> true;
      case NUMBER -> branch.numeric.accepts(value.decimalValue());
      case STRING -> branch.text.accepts(value.stringValue());
      case ARRAY -> acceptsItems(branch, value);
      case OBJECT -> acceptsProperties(branch, value);
    };
  }

  private static boolean within(int count, int min, int max) {
    return count >= min && (max == Expression.UNBOUNDED || count <= max);
  }

  private boolean acceptsItems(Branch branch, JsonNode array) {
    for (int i = 0; i < array.size(); i++) {
      if (!accepts(branch.item(i), array.get(i))) {
        return false;
      }
    }
    return within(array.size(), branch.minItems, branch.maxItems);
  }

  private boolean acceptsProperties(Branch branch, JsonNode object) {
    for (String name : object.propertyNames()) {
      if (!accepts(property(branch, name), object.get(name)) || !acceptsName(branch, name)) {
        return false;
      }
    }
    return within(object.size(), branch.minProperties, branch.maxProperties)
        && branch.required.stream().allMatch(object::has);
  }

  boolean acceptsName(Branch branch, String name) {
    return branch.schemas.stream()
        .flatMap(schema -> schema.child("propertyNames").stream())
        .allMatch(names -> accepts(List.of(names), StringNode.valueOf(name)));
  }

  /** Returns whether it is certain that no value satisfies two of the schemas. */
  boolean disjoint(List<Schema> schemas) {
    for (int i = 0; i < schemas.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!impossible(List.of(schemas.get(j), schemas.get(i)))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns whether it is certain that no value satisfies all of the schemas. */
  boolean impossible(List<Schema> schemas) {
    return impossible(schemas, 0);
  }

  private boolean impossible(List<Schema> schemas, int depth) {
    return branches.expand(schemas).stream().allMatch(branch -> impossible(branch, depth));
  }

  private boolean impossible(Branch branch, int depth) {
    if (branch.values().isPresent()) {
      return branch.values().get().stream().noneMatch(value -> accepts(branch, value));
    }
    return branch.types.stream().allMatch(type -> impossible(branch, type, depth));
  }

  private boolean impossible(Branch branch, JsonType type, int depth) {
    return switch (type) {
      case NULL, BOOLEAN -> false;
      case NUMBER -> NumberLanguage.isEmpty(branch.numeric);
      case STRING -> branch.text.isEmpty();
      case ARRAY ->
          !within(branch.minItems, 0, branch.maxItems)
              || (depth < LOOK_DEPTH && anItemIsImpossible(branch, depth));
      case OBJECT ->
          !within(branch.required.size(), 0, branch.maxProperties)
              || (depth < LOOK_DEPTH
                  && branch.required.stream()
                      .anyMatch(name -> impossible(property(branch, name), depth + 1)));
    };
  }

  private boolean anItemIsImpossible(Branch branch, int depth) {
    for (int i = 0; i < Math.min(branch.minItems, branch.prefixItems() + 1); i++) {
      if (impossible(branch.item(i), depth + 1)) {
        return true;
      }
    }
    return false;
  }
}
