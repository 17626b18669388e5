package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Binary operators and slices. */
final class Operators {
  private Operators() {}

  static Object binary(String operator, Object a, Object b) {
    Values.requireDefined(a);
    Values.requireDefined(b);
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.compute(operator, a, b);
    }
    if (operator.equals("+")) {
      if (a instanceof String s && b instanceof String t) {
        return s.concat(t);
      }
      if (a instanceof List<?> l && b instanceof List<?> m) {
        return concatenated(l, m);
      }
      if (a instanceof Tuple t && b instanceof Tuple u) {
        return new Tuple(concatenated(t.items(), u.items()));
      }
    }
    if (operator.equals("*")) {
      Object sequence = Numbers.isNumber(a) ? b : a;
      Object times = Numbers.isNumber(a) ? a : b;
      if (Numbers.isInteger(times) || times instanceof Boolean) {
        return repeated(sequence, Math.max(0, Numbers.requireInt(times, "*")));
      }
    }
    throw new TemplateException(
        "operator " + operator + " does not take " + Values.type(a) + " and " + Values.type(b));
  }

  private static List<Object> concatenated(List<?> a, List<?> b) {
    Budget.requireItems((long) a.size() + b.size());
    List<Object> all = new ArrayList<>(a.size() + b.size());
    all.addAll(a);
    all.addAll(b);
    return all;
  }

  private static Object repeated(Object sequence, int times) {
    return switch (sequence) {
      case String s -> {
        Budget.requireSize((long) s.length() * times);
        yield s.repeat(times);
      }
      case List<?> l -> repeatedItems(l, times);
      case Tuple t -> new Tuple(repeatedItems(t.items(), times));
      default -> throw new TemplateException("operator * does not take " + Values.type(sequence));
    };
  }

  private static List<Object> repeatedItems(List<?> items, int times) {
    Budget.requireItems((long) items.size() * times);
    List<Object> all = new ArrayList<>();
    Collections.nCopies(times, items).forEach(all::addAll);
    return all;
  }

  static boolean compare(String operator, Object a, Object b) {
    return switch (operator) {
      case "==" -> Values.equal(a, b);
      case "!=" -> !Values.equal(a, b);
      case "in" -> Values.contains(b, a);
      case "not in" -> !Values.contains(b, a);
      default -> ordered(operator, a, b);
    };
  }

  private static boolean ordered(String operator, Object a, Object b) {
    if ((a instanceof Double d && d.isNaN()) || (b instanceof Double e && e.isNaN())) {
      return false;
    }
    int order = Values.compare(a, b);
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order >= 0;
    };
  }

  /** Returns {@code value[start:stop:step]}; None stands for a bound that is not given. */
  static Object slice(Object value, Object start, Object stop, Object step) {
    Values.requireDefined(value);
    return switch (value) {
      case List<?> l -> pick(l, indices(l.size(), start, stop, step));
      case Tuple t -> new Tuple(pick(t.items(), indices(t.items().size(), start, stop, step)));
      case String s -> {
        List<Object> characters = Values.iterate(s);
        StringBuilder text = new StringBuilder();
        pick(characters, indices(characters.size(), start, stop, step)).forEach(text::append);
        yield text.toString();
      }
      default -> new Undefined(Values.type(value) + " can't be sliced");
    };
  }

  private static List<Object> pick(List<?> items, List<Integer> indices) {
    List<Object> picked = new ArrayList<>(indices.size());
    indices.forEach(i -> picked.add(items.get(i)));
    return picked;
  }

  /** As CPython's PySlice_AdjustIndices. */
  private static List<Integer> indices(int length, Object start, Object stop, Object step) {
    int by = step == None.NONE ? 1 : Numbers.requireInt(step, "a slice");
    if (by == 0) {
      throw new TemplateException("a slice's step can't be zero");
    }
    int low = by > 0 ? 0 : -1;
    int high = by > 0 ? length : length - 1;
    long from = bound(start, by > 0 ? low : high, length, low, high);
    long to = bound(stop, by > 0 ? high : low, length, low, high);
    List<Integer> indices = new ArrayList<>();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      indices.add((int) i);
    }
    return indices;
  }

  private static long bound(Object given, int otherwise, int length, int low, int high) {
    if (given == None.NONE) {
      return otherwise;
    }
    long index = Numbers.requireInt(given, "a slice");
    return Math.clamp(index < 0 ? index + length : index, low, high);
  }
}
