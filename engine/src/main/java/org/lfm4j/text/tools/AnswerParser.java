package org.lfm4j.text.tools;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.lfm4j.text.Tokenizer;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;

/**
 * Takes an answer apart as it comes. However its text is cut into pieces, the parts are the same,
 * but for how content and reasoning are cut; nothing is lost: the parts' sources make up the whole
 * text. It never fails. What can't be read as a call stays content. Used by one thread.
 *
 * <p>Blanks before the content are markup, unless the answer is nothing but content.
 */
public final class AnswerParser {
  private final ReasoningSplitter reasoning;
  private final ToolCallSplitter calls = new ToolCallSplitter();
  private final boolean toolCalls;
  private final StringBuilder blanks = new StringBuilder();
  private boolean onlyContent = true;
  private boolean blankSoFar = true;

  /**
   * Starts an answer.
   *
   * @param inReasoning whether the prompt ends inside reasoning: see {@link #endsInReasoning}
   * @param toolCalls whether calls are looked for; without tools their markers are text
   */
  public AnswerParser(boolean inReasoning, boolean toolCalls) {
    this.reasoning = new ReasoningSplitter(inReasoning);
    this.toolCalls = toolCalls;
  }

  /**
   * Returns whether a prompt opens the assistant's turn with reasoning, as templates of some
   * reasoning models do.
   *
   * @param prompt the ids of a rendered conversation
   */
  public static boolean endsInReasoning(int[] prompt, Tokenizer tokenizer) {
    OptionalInt start = tokenizer.id("<|im_start|>");
    int from = prompt.length;
    while (from > 0 && start.isPresent() && prompt[from - 1] != start.getAsInt()) {
      from--;
    }
    int[] turn = Arrays.copyOfRange(prompt, from, prompt.length);
    String text = tokenizer.decode(turn, false);
    return text.startsWith("assistant")
        && text.lastIndexOf(ReasoningSplitter.OPEN) > text.lastIndexOf(ReasoningSplitter.CLOSE);
  }

  /** Returns whether what comes next is reasoning, as far as is known. */
  public boolean inReasoning() {
    return reasoning.inside();
  }

  /** Takes more of the answer and returns the parts that are known now. */
  public List<AnswerPart> push(String text) {
    Parts parts = new Parts();
    afterReasoning(reasoning.push(text, parts), parts);
    return withoutLeadingBlanks(parts);
  }

  /** Returns the parts that were held back when no more comes. */
  public List<AnswerPart> finish() {
    Parts parts = new Parts();
    afterReasoning(reasoning.finish(parts), parts);
    calls.finish(parts);
    Parts rest = new Parts();
    withoutLeadingBlanks(parts).forEach(rest::add);
    rest.add(takeBlanks());
    return rest.take();
  }

  private void afterReasoning(String text, Parts parts) {
    if (toolCalls) {
      calls.push(text, parts);
    } else {
      parts.add(new Content(text));
    }
  }

  private List<AnswerPart> withoutLeadingBlanks(Parts read) {
    Parts parts = new Parts();
    for (AnswerPart part : read.take()) {
      if (!(part instanceof Content)) {
        onlyContent = false;
        parts.add(takeBlanks());
        parts.add(part);
      } else if (blankSoFar) {
        beginContent(part.source(), parts);
      } else {
        parts.add(part);
      }
    }
    return parts.take();
  }

  private void beginContent(String text, Parts parts) {
    int start = 0;
    while (start < text.length() && Character.isWhitespace(text.charAt(start))) {
      start++;
    }
    blanks.append(text, 0, start);
    if (start < text.length()) {
      blankSoFar = false;
      parts.add(takeBlanks());
      parts.add(new Content(text.substring(start)));
    }
  }

  private AnswerPart takeBlanks() {
    String taken = blanks.toString();
    blanks.setLength(0);
    return onlyContent ? new Content(taken) : new Markup(taken);
  }
}
