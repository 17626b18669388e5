package org.lfm4j.text.jinja;

import java.util.Collection;

/**
 * Bounds on one rendering, so that a template can neither hang nor fill the memory. Ten thousand
 * messages stay well below them with every published template (ChatTemplateTest).
 */
final class Budget {
  /** Largest value that may come into being, in characters; a list's item counts as eight. */
  private static final long MAX_SIZE = 1 << 24;

  private static final long MAX_MADE = 1 << 28;
  private static final long MAX_STEPS = 5_000_000;
  private static final int MAX_DEPTH = 200;

  private long steps;
  private long made;
  private int depth;

  /** Counts one evaluation that looks at these values. */
  void step(Object... values) {
    steps++;
    for (Object value : values) {
      steps += size(value) / 64;
    }
    if (steps > MAX_STEPS) {
      throw new TemplateException("stopped after " + MAX_STEPS + " steps: the template loops");
    }
  }

  /** Counts what an evaluation made. */
  Object made(Object value) {
    made += size(value);
    if (made > MAX_MADE) {
      throw new TemplateException("stopped after making " + MAX_MADE + " characters: it loops");
    }
    return value;
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new TemplateException("stopped: calls or blocks are nested " + depth + " deep");
    }
  }

  void leave() {
    depth--;
  }

  static void requireItems(long items) {
    requireSize(8 * items);
  }

  static void requireSize(long size) {
    if (size > MAX_SIZE) {
      throw new TemplateException("a value of size " + size + " exceeds the limit " + MAX_SIZE);
    }
  }

  private static long size(Object value) {
    return switch (value) {
      case String text -> text.length();
      case Collection<?> items -> 8L * items.size();
      default -> 0;
    };
  }
}
