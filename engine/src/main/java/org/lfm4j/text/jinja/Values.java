package org.lfm4j.text.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Python's view of values. They are Boolean, Long (BigInteger beyond it), Double, String, List,
 * {@link Tuple}, insertion-ordered Map, {@link None}, {@link Undefined}, {@link Namespace}, {@link
 * Loop} and {@link Callable}.
 */
final class Values {
  private Values() {}

  /** Returns the Python name of a value's type. */
  static String type(Object value) {
    return switch (value) {
      case Boolean b -> "bool";
      case Long i -> "int";
      case BigInteger i -> "int";
      case Double d -> "float";
      case String s -> "str";
      case List<?> l -> "list";
      case Tuple t -> "tuple";
      case Map<?, ?> m -> "dict";
      case None n -> "NoneType";
      case Undefined u -> "undefined";
      case Namespace n -> "namespace";
      case Loop l -> "loop";
      default -> "function";
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case Boolean b -> b;
      case Long i -> i != 0;
      case BigInteger i -> i.signum() != 0;
      case Double d -> d != 0;
      case String s -> !s.isEmpty();
      case Collection<?> c -> !c.isEmpty();
      case Tuple t -> !t.items().isEmpty();
      case Map<?, ?> m -> !m.isEmpty();
      case None n -> false;
      case Undefined u -> false;
      default -> true;
    };
  }

  static boolean equal(Object a, Object b) {
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.equal(a, b);
    }
    return switch (a) {
      case String s -> b instanceof String t && Marks.plain(s).equals(Marks.plain(t));
      case List<?> l -> b instanceof List<?> m && equalItems(l, m);
      case Tuple t -> b instanceof Tuple u && equalItems(t.items(), u.items());
      case Map<?, ?> m -> b instanceof Map<?, ?> n && equalMaps(m, n);
      case Undefined u -> b instanceof Undefined;
      default -> a.equals(b);
    };
  }

  private static boolean equalItems(List<?> a, List<?> b) {
    Iterator<?> other = b.iterator();
    return a.size() == b.size() && a.stream().allMatch(item -> equal(item, other.next()));
  }

  private static boolean equalMaps(Map<?, ?> a, Map<?, ?> b) {
    return a.size() == b.size()
        && a.entrySet().stream()
            .allMatch(e -> b.containsKey(e.getKey()) && equal(e.getValue(), entry(b, e.getKey())));
  }

  /** Compares as {@code <} does; refuses values that Python can't order. */
  static int compare(Object a, Object b) {
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof String s && b instanceof String t) {
      return compareText(Marks.plain(s), Marks.plain(t));
    }
    if (a instanceof List<?> l && b instanceof List<?> m) {
      return compareItems(l, m);
    }
    if (a instanceof Tuple t && b instanceof Tuple u) {
      return compareItems(t.items(), u.items());
    }
    requireDefined(a);
    requireDefined(b);
    throw new TemplateException("can't order " + type(a) + " and " + type(b));
  }

  /** By code points, which is not the order of UTF-16. */
  private static int compareText(String a, String b) {
    int shared = Math.min(a.length(), b.length());
    int i = 0;
    while (i < shared && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    if (i == shared) {
      return Integer.compare(a.length(), b.length());
    }
    if (i > 0 && Character.isHighSurrogate(a.charAt(i - 1))) {
      i--;
    }
    return Integer.compare(a.codePointAt(i), b.codePointAt(i));
  }

  private static int compareItems(List<?> a, List<?> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return compare(a.get(i), b.get(i));
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  static boolean contains(Object container, Object item) {
    return switch (container) {
      case String s when item instanceof String t -> Marks.plain(s).contains(Marks.plain(t));
      case String s ->
          throw new TemplateException("'in' wants a str to look for in a str, got " + type(item));
      case Map<?, ?> m -> m.containsKey(key(item));
      default -> iterate(container).stream().anyMatch(i -> equal(i, item));
    };
  }

  /** Returns what a loop over a value runs through. */
  static List<Object> iterate(Object value) {
    return switch (value) {
      case List<?> l -> List.copyOf(l);
      case Tuple t -> t.items();
      case Map<?, ?> m -> List.copyOf(m.keySet());
      case String s -> characters(s);
      case Undefined u -> List.of();
      default -> throw new TemplateException(type(value) + " can't be iterated over");
    };
  }

  private static List<Object> characters(String text) {
    List<Object> characters = new ArrayList<>();
    int start = 0;
    int i = 0;
    while (i < text.length()) {
      if (text.charAt(i) == Marks.MARK) {
        i++;
        continue;
      }
      i += Character.charCount(text.codePointAt(i));
      characters.add(text.substring(start, i));
      start = i;
    }
    return characters;
  }

  static int length(Object value) {
    return switch (value) {
      case String s -> {
        String plain = Marks.plain(s);
        yield plain.codePointCount(0, plain.length());
      }
      case Collection<?> c -> c.size();
      case Tuple t -> t.items().size();
      case Map<?, ?> m -> m.size();
      case Undefined u -> 0;
      default -> throw new TemplateException(type(value) + " has no length");
    };
  }

  /** Returns the form of a value under which maps hold it as a key. */
  static Object key(Object value) {
    return switch (value) {
      case String s -> Marks.plain(s);
      case List<?> l -> throw new TemplateException("a list can't be a key");
      case Map<?, ?> m -> throw new TemplateException("a dict can't be a key");
      default -> value;
    };
  }

  /** Returns a map's value for a key in the form of {@link #key}, or Undefined. */
  static Object entry(Map<?, ?> map, Object key) {
    Object value = map.get(key);
    return value == null ? new Undefined("the dict has no key " + Printer.repr(key)) : value;
  }

  static void requireDefined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
  }

  static String requireText(Object value, String user) {
    requireDefined(value);
    if (value instanceof String text) {
      return text;
    }
    throw new TemplateException(user + " wants a str, got " + type(value));
  }
}
