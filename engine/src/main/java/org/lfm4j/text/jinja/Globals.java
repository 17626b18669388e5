package org.lfm4j.text.jinja;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Functions that every template can call. */
final class Globals {
  /** jinja2's sandbox has the same limit. */
  private static final int MAX_RANGE = 100_000;

  private Globals() {}

  static Map<String, Object> functions(LocalDateTime now) {
    return Map.of(
        "range", (Callable) Globals::range,
        "dict", (Callable) Globals::dict,
        "namespace", (Callable) Globals::namespace,
        "joiner", (Callable) Globals::joiner,
        "raise_exception", (Callable) Globals::raise,
        "strftime_now", (Callable) arguments -> time(now, arguments));
  }

  private static Object raise(Arguments arguments) {
    throw new TemplateException(Printer.text(arguments.require("message")));
  }

  private static Object range(Arguments arguments) {
    int first = arguments.integer("start", 0);
    boolean fromZero = !arguments.hasPositional();
    long start = fromZero ? 0 : first;
    long stop = fromZero ? first : arguments.integer("stop", 0);
    long step = arguments.integer("step", 1);
    arguments.end();
    if (step == 0) {
      throw new TemplateException("range: the step can't be zero");
    }
    List<Object> items = new ArrayList<>();
    for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
      items.add(i);
      if (items.size() > MAX_RANGE) {
        throw new TemplateException("range is larger than " + MAX_RANGE);
      }
    }
    return items;
  }

  private static Object dict(Arguments arguments) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (arguments.hasPositional() && arguments.require("from") instanceof Map<?, ?> from) {
      dict.putAll(from);
    }
    dict.putAll(arguments.restNamed());
    arguments.end();
    return dict;
  }

  private static Object namespace(Arguments arguments) {
    Namespace namespace = new Namespace();
    if (arguments.hasPositional() && arguments.require("from") instanceof Map<?, ?> from) {
      from.forEach((name, value) -> namespace.set(Printer.text(name), value));
    }
    arguments.restNamed().forEach(namespace::set);
    arguments.end();
    return namespace;
  }

  private static Object joiner(Arguments arguments) {
    String separator = Printer.text(arguments.take("sep", ", "));
    arguments.end();
    boolean[] used = new boolean[1];
    return (Callable)
        call -> {
          call.end();
          String now = used[0] ? separator : "";
          used[0] = true;
          return now;
        };
  }

  private static Object time(LocalDateTime now, Arguments arguments) {
    String format = Marks.plain(arguments.text("format", ""));
    arguments.end();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      if (format.charAt(i) != '%' || i + 1 == format.length()) {
        text.append(format.charAt(i));
        continue;
      }
      char code = format.charAt(++i);
      boolean unpadded = code == '-' && i + 1 < format.length();
      String part = part(now, unpadded ? format.charAt(++i) : code);
      text.append(unpadded && part.length() > 1 ? part.replaceFirst("^0+(?=.)", "") : part);
    }
    return text.toString();
  }

  private static String part(LocalDateTime now, char code) {
    String pattern =
        switch (code) {
          case 'Y' -> "uuuu";
          case 'm' -> "MM";
          case 'd' -> "dd";
          case 'y' -> "uu";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'f' -> "SSSSSS";
          case 'p' -> "a";
          case 'A' -> "EEEE";
          case 'a' -> "EEE";
          case 'B' -> "MMMM";
          case 'b', 'h' -> "MMM";
          case 'j' -> "DDD";
          case 'F' -> "uuuu-MM-dd";
          case 'T' -> "HH:mm:ss";
          case '%' -> "'%'";
          default -> throw new TemplateException("strftime_now does not know the format %" + code);
        };
    return DateTimeFormatter.ofPattern(pattern, Locale.US).format(now);
  }
}
