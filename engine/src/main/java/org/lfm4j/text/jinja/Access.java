package org.lfm4j.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code object.name} and {@code object[index]} give. */
final class Access {
  private Access() {}

  /** Attributes and methods first, then entries. */
  static Object attribute(Object object, String name) {
    Values.requireDefined(object);
    if (object instanceof Namespace namespace) {
      return namespace.get(name);
    }
    if (object instanceof Loop loop) {
      return loop.attribute(name);
    }
    Optional<Callable> method = Methods.find(object, name);
    if (method.isPresent()) {
      return method.get();
    }
    return object instanceof Map<?, ?> map ? Values.entry(map, name) : missing(object, name);
  }

  /** Entries first, then attributes and methods. */
  static Object item(Object object, Object index) {
    Values.requireDefined(object);
    return switch (object) {
      case Map<?, ?> m when m.containsKey(Values.key(index)) -> Values.entry(m, Values.key(index));
      case List<?> l when isIndex(index) -> at(l, index);
      case Tuple t when isIndex(index) -> at(t.items(), index);
      case String s when isIndex(index) -> at(Values.iterate(s), index);
      default ->
          index instanceof String name
              ? attribute(object, Marks.plain(name))
              : missing(object, Printer.repr(index));
    };
  }

  private static boolean isIndex(Object index) {
    return Numbers.isInteger(index) || index instanceof Boolean;
  }

  private static Object at(List<?> items, Object index) {
    long given = Numbers.requireInt(index, "an index");
    long i = given < 0 ? given + items.size() : given;
    return i >= 0 && i < items.size()
        ? items.get((int) i)
        : new Undefined("index " + given + " is outside a list of " + items.size());
  }

  private static Undefined missing(Object object, String name) {
    return new Undefined("a value of type " + Values.type(object) + " has no '" + name + "'");
  }
}
