package org.lfm4j.text.tools;

import java.util.List;
import java.util.Map;
import org.lfm4j.text.JsonNull;

/**
 * Writes values as JSON with the blanks of Python's {@code json.dumps}. Surrogates without a
 * partner become U+FFFD, since neither UTF-8 nor most readers of JSON take them.
 */
final class JsonWriter {
  private static final String ESCAPED = "\"\\\b\f\n\r\t";
  private static final String ESCAPES = "\"\\bfnrt";

  private final StringBuilder out = new StringBuilder();

  private JsonWriter() {}

  /** Writes maps, lists, texts and what {@link Literals} reads. */
  static String write(Object value) {
    JsonWriter writer = new JsonWriter();
    writer.value(value);
    return writer.out.toString();
  }

  private void value(Object value) {
    switch (value) {
      case String text -> text(text);
      case Literals.Numeral number -> out.append(number.text());
      case JsonNull _ -> out.append("null");
      case List<?> list -> {
        out.append('[');
        list.forEach(this::item);
        out.append(']');
      }
      case Map<?, ?> map -> {
        out.append('{');
        map.forEach((key, item) -> {
          item(key);
          out.append(": ");
          value(item);
        });
        out.append('}');
      }
      default -> out.append(value);
    }
  }

  private void item(Object item) {
    char last = out.charAt(out.length() - 1);
    if (last != '[' && last != '{') {
      out.append(", ");
    }
    value(item);
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int escape = ESCAPED.indexOf(c);
      if (escape >= 0) {
        out.append('\\').append(ESCAPES.charAt(escape));
      } else if (c < ' ') {
        out.append("\\u%04x".formatted((int) c));
      } else if (isUnpaired(text, i)) {
        out.append('\uFFFD');
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  private static boolean isUnpaired(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
