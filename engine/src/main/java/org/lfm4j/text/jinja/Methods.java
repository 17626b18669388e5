package org.lfm4j.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Methods that a value has, as far as the sandbox lets templates call them: none changes it. */
final class Methods {
  private static final Set<String> DICT = Set.of("items", "keys", "values", "get", "copy");
  private static final Set<String> SEQUENCE = Set.of("index", "count");

  private Methods() {}

  static Optional<Callable> find(Object receiver, String name) {
    return switch (receiver) {
      case String s when StringMethods.NAMES.contains(name) ->
          Optional.of(arguments -> StringMethods.call(s, name, arguments));
      case Map<?, ?> m when DICT.contains(name) ->
          Optional.of(arguments -> dict(m, name, arguments));
      case List<?> l when SEQUENCE.contains(name) ->
          Optional.of(arguments -> sequence(l, name, arguments));
      case Tuple t when SEQUENCE.contains(name) ->
          Optional.of(arguments -> sequence(t.items(), name, arguments));
      default -> Optional.empty();
    };
  }

  private static Object dict(Map<?, ?> map, String name, Arguments arguments) {
    Object result =
        switch (name) {
          case "items" -> items(map);
          case "keys" -> List.copyOf(map.keySet());
          case "values" -> List.copyOf(map.values());
          case "copy" -> map;
          default -> {
            Object key = Values.key(arguments.require("key"));
            Object otherwise = arguments.take("default", None.NONE);
            Object value = map.get(key);
            yield value == null ? otherwise : value;
          }
        };
    arguments.end();
    return result;
  }

  static List<Object> items(Map<?, ?> map) {
    return map.entrySet().stream()
        .<Object>map(e -> new Tuple(List.of(e.getKey(), e.getValue())))
        .toList();
  }

  private static Object sequence(List<?> items, String name, Arguments arguments) {
    Object wanted = arguments.require("value");
    arguments.end();
    if (name.equals("count")) {
      return items.stream().filter(item -> Values.equal(item, wanted)).count();
    }
    for (int i = 0; i < items.size(); i++) {
      if (Values.equal(items.get(i), wanted)) {
        return (long) i;
      }
    }
    throw new TemplateException("index: the value is not in the list");
  }
}
