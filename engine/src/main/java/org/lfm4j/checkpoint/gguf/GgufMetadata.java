package org.lfm4j.checkpoint.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.lfm4j.checkpoint.CheckpointException;

/**
 * What a GGUF file says about its model.
 *
 * @param source the file, for messages
 * @param entries values by key: Long, Double, Boolean, String or List
 */
public record GgufMetadata(String source, Map<String, Object> entries) {
  private static final int MOST_SHOWN = 60;

  private Optional<Object> find(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  /** Returns a text, if there is one of this key. */
  public Optional<String> text(String key) {
    return find(key).map(value -> text(key, value));
  }

  /** Returns a list of texts, empty if there is none of this key. */
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    list(key).forEach(value -> texts.add(text(key, value)));
    return texts;
  }

  private String text(String key, Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw bad(key, "a text", value);
  }

  /** Returns a truth value, if there is one of this key. */
  public Optional<Boolean> truth(String key) {
    return find(key)
        .map(value -> {
          if (value instanceof Boolean truth) {
            return truth;
          }
          throw bad(key, "true or false", value);
        });
  }

  /** Returns a whole number in [least, most], if there is one of this key. */
  public OptionalInt integer(String key, int least, int most) {
    Optional<Object> value = find(key);
    return value.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(integer(key, value.get(), least, most));
  }

  /** Returns a list of whole numbers in [least, most], empty if there is none of this key. */
  public List<Integer> integers(String key, int least, int most) {
    List<Integer> integers = new ArrayList<>();
    list(key).forEach(value -> integers.add(integer(key, value, least, most)));
    return integers;
  }

  private int integer(String key, Object value, int least, int most) {
    if (value instanceof Long number && number >= least && number <= most) {
      return number.intValue();
    }
    throw bad(key, "a whole number in [%d, %d]".formatted(least, most), value);
  }

  /** Returns a finite number, if there is one of this key. */
  public OptionalDouble number(String key) {
    Optional<Object> value = find(key);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (value.get() instanceof Number number && Double.isFinite(number.doubleValue())) {
      return OptionalDouble.of(number.doubleValue());
    }
    throw bad(key, "a number", value.get());
  }

  /** Returns whether a key has a list. */
  boolean isList(String key) {
    return entries.get(key) instanceof List;
  }

  private List<?> list(String key) {
    Optional<Object> value = find(key);
    if (value.isEmpty()) {
      return List.of();
    }
    if (value.get() instanceof List<?> list) {
      return list;
    }
    throw bad(key, "a list", value.get());
  }

  /** Returns an error about a key. */
  CheckpointException bad(String key, String expected, Object found) {
    String shown = found.toString();
    return new CheckpointException(
        "%s: %s: expected %s, found %s"
            .formatted(
                source,
                key,
                expected,
                shown.length() <= MOST_SHOWN ? shown : shown.substring(0, MOST_SHOWN) + "..."));
  }

  /** Returns an error about a key that must be there. */
  CheckpointException missing(String key) {
    return new CheckpointException(
        "%s: expected %s, found none; this file was converted by another or an old program: convert it anew"
            .formatted(source, key));
  }
}
