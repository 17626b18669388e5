package org.lfm4j.text;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfm4j.text.jinja.Marks;
import org.lfm4j.text.jinja.None;

/**
 * Hands a conversation to a template as Python's values, without the mark of the template's own
 * control tokens: should a client send that noncharacter, another one stands for it until the end.
 */
final class ClientValues {
  private static final char LAST_NONCHARACTER = '\uFDEF';

  /** Python's json refuses nesting about five times as deep. */
  private static final int MAX_DEPTH = 200;

  private final char standIn;

  private ClientValues(char standIn) {
    this.standIn = standIn;
  }

  static ClientValues of(ChatPrompt prompt) {
    BitSet used = new BitSet();
    List<Object> all =
        List.of(prompt.messages(), prompt.tools(), prompt.arguments(), prompt.documents());
    collect(all, used, 0);
    if (!used.get(Marks.MARK)) {
      return new ClientValues(Marks.MARK);
    }
    int free = used.nextClearBit(Marks.MARK);
    if (free > LAST_NONCHARACTER) {
      throw new TextException(
          "the conversation contains all 32 noncharacters U+FDD0 to U+FDEF: remove one of them");
    }
    return new ClientValues((char) free);
  }

  /** Notes which noncharacters occur, and refuses what is too deep. */
  private static void collect(Object value, BitSet used, int depth) {
    if (depth > MAX_DEPTH) {
      throw new TextException("the conversation is nested deeper than " + MAX_DEPTH + " levels");
    }
    switch (value) {
      case String text -> {
        for (int i = 0; i < text.length(); i++) {
          char c = text.charAt(i);
          if (c >= Marks.MARK && c <= LAST_NONCHARACTER) {
            used.set(c);
          }
        }
      }
      case List<?> list -> list.forEach(item -> collect(item, used, depth + 1));
      case Map<?, ?> map ->
          map.forEach((key, item) -> {
            collect(key, used, depth + 1);
            collect(item, used, depth + 1);
          });
      default -> {}
    }
  }

  /** Returns a value in the template's terms. */
  Object convert(Object value) {
    return switch (value) {
      case String text -> text.replace(Marks.MARK, standIn);
      case Boolean flag -> flag;
      case Long number -> number;
      case Integer number -> number.longValue();
      case BigInteger number -> number.bitLength() < 64 ? (Object) number.longValue() : number;
      case Double number -> number;
      case JsonNull _ -> None.NONE;
      case List<?> list -> {
        List<Object> items = new ArrayList<>(list.size());
        list.forEach(item -> items.add(convert(item)));
        yield items;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> entries = new LinkedHashMap<>();
        map.forEach((key, item) -> entries.put(convert(key), convert(item)));
        yield entries;
      }
      default ->
          throw new TextException(
              "a conversation can't hold a " + value.getClass().getName() + ": see ChatPrompt");
    };
  }

  /** Gives the client's noncharacters back, and with them the mark that is free. */
  RenderedPrompt finish(String rendered) {
    if (standIn == Marks.MARK) {
      return new RenderedPrompt(rendered, Marks.MARK);
    }
    char[] swapped = rendered.toCharArray();
    for (int i = 0; i < swapped.length; i++) {
      if (swapped[i] == Marks.MARK) {
        swapped[i] = standIn;
      } else if (swapped[i] == standIn) {
        swapped[i] = Marks.MARK;
      }
    }
    return new RenderedPrompt(new String(swapped), standIn);
  }
}
