package org.lfm4j.text.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Variables of a block, and the scope around it. */
final class Scope {
  private final Optional<Scope> around;
  private final Map<String, Object> variables = new HashMap<>();

  private Scope(Optional<Scope> around) {
    this.around = around;
  }

  static Scope outermost(Map<String, Object> variables) {
    Scope scope = new Scope(Optional.empty());
    scope.variables.putAll(variables);
    return scope;
  }

  Scope inner() {
    return new Scope(Optional.of(this));
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  Object get(String name) {
    Scope scope = this;
    while (true) {
      Object value = scope.variables.get(name);
      if (value != null) {
        return value;
      }
      if (scope.around.isEmpty()) {
        return new Undefined("'" + name + "' is undefined");
      }
      scope = scope.around.get();
    }
  }
}
