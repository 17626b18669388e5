package org.lfm4j.text.tools;

import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;

/**
 * Takes the reasoning off the front of an answer: what stands between {@code <think>} and {@code
 * </think>}. Only an answer's beginning is looked at, so that an answer may be about these tags. A
 * prompt can open the reasoning already; some models then repeat the tag.
 */
final class ReasoningSplitter {
  static final String OPEN = "<think>";
  static final String CLOSE = "</think>";

  private enum State {
    BEFORE,
    INSIDE,
    AFTER
  }

  private final boolean opened;
  private final HeldText held = new HeldText();
  private State state = State.BEFORE;

  /** Starts an answer whose reasoning the prompt has opened already, or has not. */
  ReasoningSplitter(boolean opened) {
    this.opened = opened;
  }

  /** Returns whether what comes next is reasoning, as far as is known. */
  boolean inside() {
    return state == State.INSIDE || (state == State.BEFORE && opened);
  }

  /** Takes more text; adds reasoning to {@code parts} and returns what comes after it. */
  String push(String text, Parts parts) {
    held.add(text);
    if (state == State.BEFORE) {
      lookForOpening(parts);
    }
    if (state == State.INSIDE) {
      lookForClosing(parts);
    }
    return state == State.AFTER ? held.takeAll() : "";
  }

  /** Returns what was held back when no more comes. */
  String finish(Parts parts) {
    String rest = held.takeAll();
    if (!inside()) {
      return rest;
    }
    parts.add(new Reasoning(rest));
    return "";
  }

  private void lookForOpening(Parts parts) {
    int at = 0;
    while (at < held.length() && Character.isWhitespace(held.charAt(at))) {
      at++;
    }
    if (held.startsWith(OPEN, at)) {
      parts.add(new Markup(held.take(at + OPEN.length())));
      state = State.INSIDE;
    } else if (held.settled(OPEN) > at) {
      state = opened ? State.INSIDE : State.AFTER;
    }
  }

  private void lookForClosing(Parts parts) {
    int end = held.find(CLOSE);
    parts.add(new Reasoning(held.take(end < 0 ? held.settled(CLOSE) : end)));
    if (end >= 0) {
      parts.add(new Markup(held.take(CLOSE.length())));
      state = State.AFTER;
    }
  }
}
