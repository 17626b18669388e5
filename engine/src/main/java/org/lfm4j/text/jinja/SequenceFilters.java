package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Jinja's filters on sequences. */
final class SequenceFilters {
  private SequenceFilters() {}

  static Object apply(String name, Object value, Arguments arguments, Evaluator evaluator) {
    return switch (name) {
      case "list" -> Values.iterate(value);
      case "join" -> join(value, arguments);
      case "first" -> end(Values.iterate(value), true);
      case "last" -> end(Values.iterate(value), false);
      case "reverse" -> reverse(value);
      case "sort" -> sort(Values.iterate(value), arguments);
      case "unique" -> unique(Values.iterate(value), arguments);
      case "min" -> extreme(Values.iterate(value), arguments, false);
      case "max" -> extreme(Values.iterate(value), arguments, true);
      case "sum" -> sum(Values.iterate(value), arguments);
      case "dictsort" -> dictsort(value, arguments);
      case "map" -> map(Values.iterate(value), arguments, evaluator);
      case "select" -> select(Values.iterate(value), arguments, false, true);
      case "reject" -> select(Values.iterate(value), arguments, false, false);
      case "selectattr" -> select(Values.iterate(value), arguments, true, true);
      case "rejectattr" -> select(Values.iterate(value), arguments, true, false);
      default -> throw new TemplateException("there is no filter '" + name + "'");
    };
  }

  private static String join(Object value, Arguments arguments) {
    String separator = Printer.text(arguments.take("d", ""));
    UnaryOperator<Object> attribute = attribute(arguments.take("attribute", None.NONE));
    StringBuilder all = new StringBuilder();
    boolean first = true;
    for (Object item : Values.iterate(value)) {
      all.append(first ? "" : separator).append(Printer.text(attribute.apply(item)));
      Budget.requireSize(all.length());
      first = false;
    }
    return all.toString();
  }

  private static Object end(List<Object> items, boolean first) {
    if (items.isEmpty()) {
      return new Undefined("no item: the sequence is empty");
    }
    return first ? items.getFirst() : items.getLast();
  }

  private static Object reverse(Object value) {
    List<Object> items = new ArrayList<>(Values.iterate(value));
    Collections.reverse(items);
    return value instanceof String
        ? String.join("", items.stream().map(Printer::text).toList())
        : items;
  }

  /** Returns a getter for a dotted path, or the identity for None. */
  private static UnaryOperator<Object> attribute(Object path) {
    if (path == None.NONE) {
      return item -> item;
    }
    if (!(path instanceof String text)) {
      return item -> Access.item(item, path);
    }
    List<Object> steps = new ArrayList<>();
    for (String step : Marks.plain(text).split("\\.", -1)) {
      steps.add(step.matches("\\d{1,9}") ? (Object) Long.parseLong(step) : step);
    }
    return item -> {
      Object found = item;
      for (Object step : steps) {
        found = Access.item(found, step);
      }
      return found;
    };
  }

  private static Object folded(Object value, boolean caseSensitive) {
    return !caseSensitive && value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
  }

  private static List<Object> sort(List<Object> items, Arguments arguments) {
    boolean reverse = arguments.flag("reverse", false);
    boolean caseSensitive = arguments.flag("case_sensitive", false);
    UnaryOperator<Object> attribute = attribute(arguments.take("attribute", None.NONE));
    return sorted(items, item -> folded(attribute.apply(item), caseSensitive), reverse);
  }

  private static List<Object> sorted(
      List<Object> items, UnaryOperator<Object> key, boolean reverse) {
    List<Object> sorted = new ArrayList<>(items);
    Comparator<Object> order = (a, b) -> Values.compare(key.apply(a), key.apply(b));
    sorted.sort(reverse ? order.reversed() : order);
    return sorted;
  }

  private static List<Object> unique(List<Object> items, Arguments arguments) {
    boolean caseSensitive = arguments.flag("case_sensitive", false);
    UnaryOperator<Object> attribute = attribute(arguments.take("attribute", None.NONE));
    List<Object> seen = new ArrayList<>();
    List<Object> unique = new ArrayList<>();
    for (Object item : items) {
      Object key = folded(attribute.apply(item), caseSensitive);
      if (seen.stream().noneMatch(s -> Values.equal(s, key))) {
        seen.add(key);
        unique.add(item);
        Budget.requireItems(seen.size() * 500L);
      }
    }
    return unique;
  }

  private static Object extreme(List<Object> items, Arguments arguments, boolean largest) {
    boolean caseSensitive = arguments.flag("case_sensitive", false);
    UnaryOperator<Object> attribute = attribute(arguments.take("attribute", None.NONE));
    if (items.isEmpty()) {
      return end(items, true);
    }
    Object best = items.getFirst();
    for (Object item : items) {
      int order =
          Values.compare(
              folded(attribute.apply(item), caseSensitive),
              folded(attribute.apply(best), caseSensitive));
      if (largest ? order > 0 : order < 0) {
        best = item;
      }
    }
    return best;
  }

  private static Object sum(List<Object> items, Arguments arguments) {
    UnaryOperator<Object> attribute = attribute(arguments.take("attribute", None.NONE));
    Object sum = arguments.take("start", 0L);
    for (Object item : items) {
      sum = Operators.binary("+", sum, attribute.apply(item));
    }
    return sum;
  }

  private static List<Object> dictsort(Object value, Arguments arguments) {
    boolean caseSensitive = arguments.flag("case_sensitive", false);
    int by = arguments.text("by", "key").equals("value") ? 1 : 0;
    boolean reverse = arguments.flag("reverse", false);
    if (!(value instanceof Map<?, ?> map)) {
      throw new TemplateException("dictsort wants a dict, got " + Values.type(value));
    }
    return sorted(
        Methods.items(map), item -> folded(((Tuple) item).items().get(by), caseSensitive), reverse);
  }

  private static List<Object> map(List<Object> items, Arguments arguments, Evaluator evaluator) {
    if (arguments.hasPositional()) {
      String filter = arguments.text("filter", "");
      List<Object> positional = arguments.rest();
      Map<String, Object> named = arguments.restNamed();
      return items.stream()
          .map(item -> evaluator.filter(filter, item, new Arguments(filter, positional, named)))
          .toList();
    }
    Object attribute = arguments.require("attribute");
    Object otherwise = arguments.take("default", None.NONE);
    UnaryOperator<Object> getter = attribute(attribute);
    return items.stream()
        .map(getter)
        .map(found -> found instanceof Undefined && otherwise != None.NONE ? otherwise : found)
        .toList();
  }

  private static List<Object> select(
      List<Object> items, Arguments arguments, boolean byAttribute, boolean wanted) {
    UnaryOperator<Object> getter =
        byAttribute ? attribute(arguments.require("attribute")) : item -> item;
    List<Object> positional = arguments.rest();
    if (positional.isEmpty()) {
      return items.stream().filter(i -> Values.truth(getter.apply(i)) == wanted).toList();
    }
    String test = Values.requireText(positional.getFirst(), "select");
    List<Object> rest = positional.subList(1, positional.size());
    return items.stream()
        .filter(item ->
            Tests.holds(test, getter.apply(item), new Arguments(test, rest, Map.of())) == wanted)
        .toList();
  }
}
