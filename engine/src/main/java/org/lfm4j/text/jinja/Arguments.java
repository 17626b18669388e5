package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Arguments of one call, taken in the order of the parameters; {@link #end} refuses leftovers. */
final class Arguments {
  private final String callee;
  private final List<Object> positional;
  private final Map<String, Object> named;

  Arguments(String callee, List<Object> positional, Map<String, Object> named) {
    this.callee = callee;
    this.positional = new ArrayList<>(positional);
    this.named = new LinkedHashMap<>(named);
  }

  boolean hasPositional() {
    return !positional.isEmpty();
  }

  boolean has(String parameter) {
    return !positional.isEmpty() || named.containsKey(parameter);
  }

  Object take(String parameter, Object otherwise) {
    Object value = named.remove(parameter);
    if (!positional.isEmpty()) {
      if (value != null) {
        throw new TemplateException(callee + " got two values for '" + parameter + "'");
      }
      return positional.removeFirst();
    }
    return value == null ? otherwise : value;
  }

  Object require(String parameter) {
    if (!has(parameter)) {
      throw new TemplateException(callee + " needs an argument '" + parameter + "'");
    }
    return take(parameter, None.NONE);
  }

  String text(String parameter, String otherwise) {
    return Values.requireText(take(parameter, otherwise), callee);
  }

  int integer(String parameter, int otherwise) {
    return Numbers.requireInt(take(parameter, (long) otherwise), callee);
  }

  boolean flag(String parameter, boolean otherwise) {
    return Values.truth(take(parameter, otherwise));
  }

  /** Takes all positional arguments that are left. */
  List<Object> rest() {
    List<Object> rest = List.copyOf(positional);
    positional.clear();
    return rest;
  }

  /** Takes all named arguments that are left. */
  Map<String, Object> restNamed() {
    Map<String, Object> rest = new LinkedHashMap<>(named);
    named.clear();
    return rest;
  }

  void end() {
    if (!positional.isEmpty()) {
      throw new TemplateException(callee + " got " + positional.size() + " arguments too many");
    }
    if (!named.isEmpty()) {
      throw new TemplateException(callee + " has no argument " + named.keySet());
    }
  }
}
