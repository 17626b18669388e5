package org.lfm4j.text.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.lfm4j.text.JsonNull;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import org.lfm4j.text.tools.Quotes.Place;

/**
 * Reads one call, in Python's form or JSON's, by recursive descent:
 *
 * <pre>
 * element  = call | object
 * call     = word "(" [ argument { "," argument } [ "," ] ] ")"
 * argument = word "=" value
 * value    = string { string } | number | constant | list | tuple | object | set
 * list     = "[" [ value { "," value } [ "," ] ] "]"
 * tuple    = "(" [ value { "," value } [ "," ] ] ")"
 * set      = "{" value { "," value } [ "," ] "}"
 * object   = "{" [ key ":" value { "," key ":" value } [ "," ] ] "}"
 * key      = string { string } | number | constant
 * constant = "True" | "False" | "None" | "true" | "false" | "null"
 * word     = letters, digits, "_", "-", "."          also Python's reserved words
 * </pre>
 *
 * <p>An object is a call if it has a {@code name}; its {@code arguments} or {@code parameters}
 * stand beside it, both perhaps in {@code function}, as in OpenAI's API.
 */
final class CallParser {
  private static final int DEEPEST = 100;
  private static final Pattern COMMA_AT_END = Pattern.compile(",\\s*+\\)$");

  private final Cursor in;
  private final Literals literals;
  private int depth;

  /** Reads at {@code from}. */
  CallParser(String text, int from, Quotes quotes) {
    in = new Cursor(text, from);
    literals = new Literals(in, quotes);
  }

  /** Returns the call that begins here, if there is one. */
  Optional<ToolCall> element() {
    int start = in.position();
    try {
      return in.peek() == '{' ? callOf(object(), start) : Optional.of(call(start));
    } catch (NoMatch e) {
      return Optional.empty();
    }
  }

  private ToolCall call(int start) {
    String name = in.word();
    in.expect('(');
    Map<String, Object> arguments = new LinkedHashMap<>();
    while (!in.accept(')')) {
      String key = in.word();
      in.expect('=');
      arguments.put(key, value(Place.ARGUMENT));
      in.separatorOr(')');
    }
    return new ToolCall(name, JsonWriter.write(arguments), in.since(start));
  }

  private Optional<ToolCall> callOf(Object object, int start) {
    if (!(object instanceof Map<?, ?> map)) {
      return Optional.empty();
    }
    Object inner = map.get("function");
    Map<?, ?> function = inner instanceof Map<?, ?> nested ? nested : map;
    Object given =
        function.containsKey("arguments") ? function.get("arguments") : function.get("parameters");
    if (!(function.get("name") instanceof String name) || name.isEmpty()) {
      return Optional.empty();
    }
    Object arguments = given == null || given == JsonNull.NULL ? Map.of() : given;
    if (arguments instanceof String text) {
      arguments = text.isBlank() ? Map.of() : new CallParser(text, 0, Quotes.FIRST).wholeObject();
    }
    return arguments instanceof Map<?, ?>
        ? Optional.of(new ToolCall(name, JsonWriter.write(arguments), in.since(start)))
        : Optional.empty();
  }

  /** Arguments may be JSON in a string. */
  private Object wholeObject() {
    in.skipBlanks();
    Object object = in.peek() == '{' ? object() : JsonNull.NULL;
    in.skipBlanks();
    if (!in.atEnd()) {
      throw new NoMatch();
    }
    return object;
  }

  private Object value(Place place) {
    if (++depth > DEEPEST) {
      throw new NoMatch();
    }
    in.skipBlanks();
    Object value =
        switch (in.peek()) {
          case '[' -> items('[', ']');
          case '(' -> tuple();
          case '{' -> object();
          default -> literals.read(place);
        };
    depth--;
    return value;
  }

  private List<Object> items(char open, char close) {
    List<Object> items = new ArrayList<>();
    in.expect(open);
    while (!in.accept(close)) {
      items.add(value(Place.ITEM));
      in.separatorOr(close);
    }
    return items;
  }

  /** Brackets around a single value mean nothing, unless a comma follows it. */
  private Object tuple() {
    int start = in.position();
    List<Object> items = items('(', ')');
    boolean single = items.size() == 1 && !COMMA_AT_END.matcher(in.since(start)).find();
    return single ? items.getFirst() : items;
  }

  /** An object, or a set if its first value is no key. */
  private Object object() {
    in.expect('{');
    if (in.accept('}')) {
      return Map.of();
    }
    Object first = value(Place.KEY);
    if (!in.accept(':')) {
      List<Object> set = new ArrayList<>(List.of(first));
      in.separatorOr('}');
      while (!in.accept('}')) {
        set.add(value(Place.ITEM));
        in.separatorOr('}');
      }
      return set;
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put(key(first), value(Place.ENTRY));
    in.separatorOr('}');
    while (!in.accept('}')) {
      String key = key(value(Place.KEY));
      in.expect(':');
      object.put(key, value(Place.ENTRY));
      in.separatorOr('}');
    }
    return object;
  }

  /** Returns what Python's json makes of a key. */
  private static String key(Object key) {
    return switch (key) {
      case String text -> text;
      case List<?> _, Map<?, ?> _ -> throw new NoMatch();
      default -> JsonWriter.write(key);
    };
  }
}
