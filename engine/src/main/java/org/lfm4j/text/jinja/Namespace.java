package org.lfm4j.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one mutable value: {@code set ns.name = value} reaches out of loops. */
final class Namespace {
  private final Map<String, Object> fields = new LinkedHashMap<>();

  Object get(String name) {
    Object value = fields.get(name);
    return value == null ? new Undefined("the namespace has no attribute '" + name + "'") : value;
  }

  void set(String name, Object value) {
    fields.put(name, value);
  }
}
