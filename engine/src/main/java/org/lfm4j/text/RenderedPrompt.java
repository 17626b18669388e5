package org.lfm4j.text;

/**
 * What a chat template produced. The template's own control tokens are told from look-alikes in
 * user text by {@code mark}: it stands before every control token that the template wrote, and
 * nowhere in what came from outside, so that user text can never become a control token.
 *
 * @param marked the rendered text with marks
 * @param mark the mark, absent from all input
 */
public record RenderedPrompt(String marked, char mark) {

  /** Returns the text as people see it, without marks. */
  public String text() {
    return marked.replace(String.valueOf(mark), "");
  }
}
