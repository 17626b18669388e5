package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One way to satisfy some schemas at once: what is left of their alternatives once one of each is
 * chosen. Filled by {@link Branches}, read-only after that.
 */
final class Branch {
  Set<JsonType> types = JsonType.all();
  Numeric numeric = Numeric.ANY;
  Text text = Text.ANY;

  /** The only values, where they are listed. */
  @Nullable List<JsonNode> values;

  int minItems;
  int maxItems = Expression.UNBOUNDED;
  int minProperties;
  int maxProperties = Expression.UNBOUNDED;
  final Set<String> required = new LinkedHashSet<>();

  /** What else must hold for properties of these names. */
  final Map<String, List<Schema>> more = new LinkedHashMap<>();

  /** The schemas that apply in this branch; those of members are read from them. */
  final List<Schema> schemas = new ArrayList<>();

  Branch copy() {
    Branch copy = new Branch();
    copy.types = types;
    copy.numeric = numeric;
    copy.text = text;
    copy.values = values;
    copy.minItems = minItems;
    copy.maxItems = maxItems;
    copy.minProperties = minProperties;
    copy.maxProperties = maxProperties;
    copy.required.addAll(required);
    copy.schemas.addAll(schemas);
    more.forEach((name, list) -> copy.more.put(name, new ArrayList<>(list)));
    return copy;
  }

  void require(String property, Schema schema) {
    more.computeIfAbsent(property, name -> new ArrayList<>()).add(schema);
  }

  void keepTypes(Set<JsonType> kept) {
    Set<JsonType> both = EnumSet.noneOf(JsonType.class);
    both.addAll(types);
    both.retainAll(kept);
    types = both;
  }

  void keepType(JsonType kept) {
    keepTypes(EnumSet.of(kept));
  }

  Optional<List<JsonNode>> values() {
    return Optional.ofNullable(values);
  }

  /** Returns what must hold for an item of an array, by its index. */
  List<Schema> item(int index) {
    List<Schema> all = new ArrayList<>();
    for (Schema schema : schemas) {
      List<Schema> prefix = schema.children("prefixItems");
      if (index < prefix.size()) {
        all.add(prefix.get(index));
      } else {
        schema.child("items").ifPresent(all::add);
      }
    }
    return all;
  }

  /** Returns how many items have a schema of their own, whatever the rest has. */
  int prefixItems() {
    return schemas.stream().mapToInt(s -> s.children("prefixItems").size()).max().orElse(0);
  }

  /** Returns the names of properties: as the schemas list them, then what is required besides. */
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    schemas.forEach(schema -> names.addAll(schema.names("properties")));
    names.addAll(required);
    names.addAll(more.keySet());
    return names;
  }

  Set<String> patterns() {
    Set<String> patterns = new LinkedHashSet<>();
    schemas.forEach(schema -> patterns.addAll(schema.names("patternProperties")));
    return patterns;
  }

  boolean has(String keyword) {
    return schemas.stream().anyMatch(schema -> schema.has(keyword));
  }
}
