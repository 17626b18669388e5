package org.lfm4j.text.jinja;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Python's {@code json.dumps}. */
final class Json {
  private static final String ESCAPED = "\"\\\b\f\n\r\t";
  private static final String ESCAPES = "\"\\bfnrt";

  private final boolean ascii;
  private final String indent;
  private final String between;
  private final String afterKey;
  private final boolean sorted;
  private final StringBuilder out = new StringBuilder();

  private Json(boolean ascii, String indent, String between, String afterKey, boolean sorted) {
    this.ascii = ascii;
    this.indent = indent;
    this.between = between;
    this.afterKey = afterKey;
    this.sorted = sorted;
  }

  /** The filter {@code tojson} as transformers define it. */
  static String filter(Object value, Arguments arguments) {
    boolean ascii = arguments.flag("ensure_ascii", false);
    Object indent = arguments.take("indent", None.NONE);
    Object separators = arguments.take("separators", None.NONE);
    boolean sorted = arguments.flag("sort_keys", false);
    arguments.end();
    boolean lines = indent != None.NONE;
    String level = "";
    if (indent instanceof String text) {
      level = text;
    } else if (lines) {
      int width = Math.max(0, Numbers.requireInt(indent, "tojson"));
      Budget.requireSize(width * 1000L);
      level = " ".repeat(width);
    }
    String between = lines ? "," : ", ";
    String afterKey = ": ";
    if (separators != None.NONE) {
      List<Object> both = Values.iterate(separators);
      if (both.size() != 2) {
        throw new TemplateException("tojson wants two separators");
      }
      between = Values.requireText(both.get(0), "tojson");
      afterKey = Values.requireText(both.get(1), "tojson");
    }
    Json json = new Json(ascii, lines ? "\n" + level : "", between, afterKey, sorted);
    json.value(value, lines ? "\n" : "");
    return json.out.toString();
  }

  private void value(Object value, String newline) {
    switch (value) {
      case String s -> text(s);
      case Boolean b -> out.append(b ? "true" : "false");
      case Long i -> out.append((long) i);
      case BigInteger i -> out.append(i);
      case Double d -> out.append(real(d));
      case None n -> out.append("null");
      case List<?> l -> list(l, newline);
      case Tuple t -> list(t.items(), newline);
      case Map<?, ?> m -> map(m, newline);
      default -> throw new TemplateException(Values.type(value) + " is not JSON serializable");
    }
    Budget.requireSize(out.length());
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Printer.real(value);
  }

  private String deeper(String newline) {
    return newline.isEmpty() ? "" : newline + indent.substring(1);
  }

  private void list(List<?> items, String newline) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    String inner = deeper(newline);
    out.append('[').append(inner);
    Iterator<?> all = items.iterator();
    while (all.hasNext()) {
      value(all.next(), inner);
      if (all.hasNext()) {
        out.append(between).append(inner);
      }
    }
    out.append(newline).append(']');
  }

  private void map(Map<?, ?> map, String newline) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    String inner = deeper(newline);
    out.append('{').append(inner);
    Stream<? extends Map.Entry<?, ?>> entries = map.entrySet().stream();
    Comparator<Map.Entry<?, ?>> byKey = (a, b) -> Values.compare(a.getKey(), b.getKey());
    Iterator<? extends Map.Entry<?, ?>> all = (sorted ? entries.sorted(byKey) : entries).iterator();
    while (all.hasNext()) {
      Map.Entry<?, ?> entry = all.next();
      text(key(entry.getKey()));
      out.append(afterKey);
      value(entry.getValue(), inner);
      if (all.hasNext()) {
        out.append(between).append(inner);
      }
    }
    out.append(newline).append('}');
  }

  private static String key(Object key) {
    return switch (key) {
      case String s -> s;
      case Boolean b -> b ? "true" : "false";
      case None n -> "null";
      case Double d -> real(d);
      case Long i -> i.toString();
      case BigInteger i -> i.toString();
      default -> throw new TemplateException(Values.type(key) + " can't be a key in JSON");
    };
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int escape = ESCAPED.indexOf(c);
      if (escape >= 0) {
        out.append('\\').append(ESCAPES.charAt(escape));
      } else if (c < 0x20 || (ascii && c > 0x7E && c != Marks.MARK)) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
