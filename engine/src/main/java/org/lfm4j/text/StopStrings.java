package org.lfm4j.text;

import java.util.List;
import java.util.Optional;

/**
 * Cuts a stream of text before the first stop string, or behind it, holding back what may become
 * one. Used by one thread.
 */
public final class StopStrings {
  private final List<String> stops;
  private final boolean include;
  private final StringBuilder held = new StringBuilder();
  private Optional<String> matched = Optional.empty();

  /** Cuts before any of these strings; empty strings are not allowed. */
  public StopStrings(List<String> stops) {
    this(stops, false);
  }

  /**
   * Watches for any of these strings; empty strings are not allowed.
   *
   * @param include whether the one that is found is part of the text
   */
  public StopStrings(List<String> stops, boolean include) {
    if (stops.contains("")) {
      throw new IllegalArgumentException("a stop string must not be empty");
    }
    this.stops = List.copyOf(stops);
    this.include = include;
  }

  /** Returns the stop string that was found, if one was. */
  public Optional<String> matched() {
    return matched;
  }

  /** Takes more text and returns what can't be part of a stop string any more. */
  public String push(String text) {
    if (matched.isPresent()) {
      return "";
    }
    held.append(text);
    int cut = held.length();
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (at < cut || matched.isEmpty())) {
        cut = at;
        matched = Optional.of(stop);
      }
    }
    if (matched.isPresent()) {
      return release(include ? cut + matched.get().length() : cut);
    }
    return release(held.length() - pending());
  }

  /** Returns the text that was held back when no more comes. */
  public String finish() {
    return matched.isPresent() ? "" : release(held.length());
  }

  private String release(int length) {
    String released = held.substring(0, length);
    held.delete(0, length);
    return released;
  }

  /** Returns how many characters at the end may begin a stop string. */
  private int pending() {
    int pending = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > pending; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          pending = n;
        }
      }
    }
    return pending;
  }
}
