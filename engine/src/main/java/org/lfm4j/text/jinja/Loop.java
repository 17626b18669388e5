package org.lfm4j.text.jinja;

import java.util.List;

/** The variable {@code loop}. */
final class Loop {
  private final List<Object> items;
  private int index;
  private Object lastChanged = new Undefined("nothing yet");

  Loop(List<Object> items) {
    this.items = items;
  }

  void moveTo(int newIndex) {
    index = newIndex;
  }

  Object attribute(String name) {
    int last = items.size() - 1;
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> last - index + 1L;
      case "revindex0" -> (long) last - index;
      case "first" -> index == 0;
      case "last" -> index == last;
      case "length" -> (long) items.size();
      // Jinja counts recursive loops here, which are not supported.
      case "depth" -> 1L;
      case "depth0" -> 0L;
      case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("no previous item");
      case "nextitem" -> index < last ? items.get(index + 1) : new Undefined("no next item");
      case "cycle" -> (Callable) this::cycle;
      case "changed" -> (Callable) this::changed;
      default -> new Undefined("'loop' has no attribute '" + name + "'");
    };
  }

  private Object cycle(Arguments arguments) {
    List<Object> values = arguments.rest();
    arguments.end();
    if (values.isEmpty()) {
      throw new TemplateException("loop.cycle wants values");
    }
    return values.get(index % values.size());
  }

  private Object changed(Arguments arguments) {
    Object now = new Tuple(arguments.rest());
    arguments.end();
    boolean changed = !Values.equal(now, lastChanged);
    lastChanged = now;
    return changed;
  }
}
