package org.lfm4j.text.tools;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;

/** Collects parts; pieces of the same kind that follow each other become one. */
final class Parts {
  private final List<AnswerPart> parts = new ArrayList<>();

  void add(AnswerPart part) {
    if (part.source().isEmpty()) {
      return;
    }
    boolean joins = !parts.isEmpty() && parts.getLast().getClass() == part.getClass();
    String source = joins ? parts.getLast().source() + part.source() : part.source();
    AnswerPart added =
        switch (part) {
          case Reasoning _ -> new Reasoning(source);
          case Content _ -> new Content(source);
          case Markup _ -> new Markup(source);
          case ToolCall call -> call;
        };
    if (joins && !(part instanceof ToolCall)) {
      parts.removeLast();
    }
    parts.add(added);
  }

  /** Returns what was collected since the last call. */
  List<AnswerPart> take() {
    List<AnswerPart> taken = List.copyOf(parts);
    parts.clear();
    return taken;
  }
}
